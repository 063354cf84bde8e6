//! A proxy that is hyper and nothing else: its server, its pooled client, the gateway's settings, one thread.
//! Refuses every judgement. Invariant: what it sends is what it got, but for the address.

use std::net::SocketAddr;
use std::thread;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

/// Starts it in front of an origin, for the life of the program.
pub(super) fn start(origin: SocketAddr) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free address");
            tell.send(listener.local_addr().expect("a bound address")).expect("somebody waits");
            serve(listener, origin).await;
        });
    });
    told.recv().expect("the proxy listens")
}

async fn serve(listener: TcpListener, origin: SocketAddr) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Incoming> = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .http1_preserve_header_case(true)
        .set_host(false)
        .build(connector);
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        let client = client.clone();
        tokio::spawn(async move {
            let hand_on = service_fn(move |mut request: Request<Incoming>| {
                let path = request.uri().path_and_query().expect("a path").as_str();
                *request.uri_mut() = Uri::try_from(format!("http://{origin}{path}")).expect("an address");
                client.request(request)
            });
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).preserve_header_case(true).header_read_timeout(None);
            builder.serve_connection_with_upgrades(TokioIo::new(stream), hand_on).await.ok();
        });
    }
}
