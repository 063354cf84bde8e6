// Takes away what a page's scripts can reach of what the visitor refused: cookies at every domain and path that this page may
// write to, declared keys, declared databases. The guard fetches it when there is something to take away.

function withdraw({ cookies, keys }, find, isRefused, cookie) {
  const labels = location.hostname.split('.');
  const domains = ['', ...labels.map((_, at) => `;domain=${labels.slice(at).join('.')}`)];
  const steps = location.pathname.split('/');
  const paths = new Set(steps.flatMap((_, at) => [steps.slice(0, at + 1).join('/') || '/', `${steps.slice(0, at).join('/')}/`]));
  for (const pair of cookie.get.call(document).split('; ')) {
    const name = pair.split('=')[0];
    if (!isRefused(find(cookies, name))) continue;
    for (const domain of domains) {
      for (const path of paths) {
        for (const more of ['', ';secure;partitioned']) cookie.set.call(document, `${name}=;max-age=0;path=${path}${domain}${more}`);
      }
    }
  }
  for (const [area, store] of Object.entries({ local: window.localStorage, session: window.sessionStorage })) {
    for (const key of Object.keys(store)) if (isRefused(find(keys[area], key))) store.removeItem(key);
  }
  window.indexedDB.databases?.().then((all) => {
    for (const { name } of all) if (isRefused(find(keys.indexeddb, name))) window.indexedDB.deleteDatabase(name);
  });
}
