//! The pool before real origins on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::body::full;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An origin that answers so many requests on each connection, and closes it with the last; how many connections came.
async fn origin(answers: usize) -> (Uri, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free address");
    let address = listener.local_addr().expect("a bound address");
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut room = [0; 4096];
                for _ in 0..answers {
                    if !matches!(stream.read(&mut room).await, Ok(1..)) || stream.write_all(ANSWER).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (Uri::try_from(format!("http://{address}")).expect("an address"), came)
}

fn pool(origin: Uri, most: usize) -> Arc<Pool> {
    let tls = crate::client::of_system().expect("authorities");
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let wait = Duration::from_secs(10);
    Pool::new(origin, Bounded::new(connector.wrap_connector(tcp), wait), Builder::new(), most)
}

async fn ask(pool: &Arc<Pool>, method: Method, body: Body) -> Response<AnswerBody> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    request.headers_mut().insert("host", http::HeaderValue::from_static("shop.example"));
    pool.call(request).await.expect("an answer")
}

async fn read(mut response: Response<AnswerBody>) -> usize {
    let mut bytes = 0;
    while let Some(frame) = response.body_mut().frame().await {
        bytes += frame.expect("a whole body").data_ref().map_or(0, bytes::Bytes::len);
    }
    bytes
}

/// Waits until so many connections are kept.
async fn kept(pool: &Arc<Pool>, expect: usize) {
    let come = async {
        while pool.kept().links.len() != expect {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), come).await.unwrap_or_else(|_| panic!("{expect} are never kept"));
}

#[tokio::test]
async fn a_connection_is_used_again_whatever_the_request() {
    let (origin, came) = origin(9).await;
    let pool = pool(origin, 4);
    for (method, body) in [(Method::GET, empty()), (Method::POST, full("x")), (Method::GET, empty())] {
        assert_eq!(read(ask(&pool, method, body).await).await, 2);
        kept(&pool, 1).await;
    }
    assert_eq!(came.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_more_are_kept_than_may_be_and_none_whose_answer_was_not_read() {
    let (origin, came) = origin(9).await;
    let pool = pool(origin, 2);
    let (one, two, three) = tokio::join!(
        ask(&pool, Method::GET, empty()),
        ask(&pool, Method::GET, empty()),
        ask(&pool, Method::GET, empty())
    );
    for response in [one, two, three] {
        read(response).await;
    }
    assert_eq!((came.load(Ordering::SeqCst), pool.kept().links.len()), (3, 2));
    drop(ask(&pool, Method::GET, empty()).await);
    assert_eq!(pool.kept().links.len(), 1, "what is left of an answer would be taken for the next one");
}

#[tokio::test]
async fn one_that_its_origin_closed_is_let_go_without_a_request() {
    let (origin, came) = origin(1).await;
    let pool = pool(origin, 4);
    for number in 1..4 {
        assert_eq!(read(ask(&pool, Method::GET, empty()).await).await, 2);
        kept(&pool, 0).await;
        assert_eq!(came.load(Ordering::SeqCst), number);
    }
}

#[tokio::test]
async fn a_request_that_met_a_closed_connection_unsent_is_sent_on_another() {
    let (origin, came) = origin(1).await;
    let pool = pool(origin, 4);
    // Nothing is waited for: the second request may meet the first one's connection before its end was seen.
    for _ in 0..20 {
        assert_eq!(read(ask(&pool, Method::GET, empty()).await).await, 2);
    }
    assert_eq!(came.load(Ordering::SeqCst), 20);
}
