__wbg_init({ module_or_path: new URL('{{wasm}}', import.meta.url) }).then(() =>
  start(document, navigator.cookieEnabled),
);
