// Google's consent mode, version 2: its tags are told first that everything is denied, then what holds.
// https://developers.google.com/tag-platform/security/guides/consent

function consentMode() {
  // What the page has queued so far is for tags that have not come yet: the first words stand before it.
  const first = [];
  let queue = first;
  // The tags read the arguments object itself: an array in its place says nothing to them.
  function gtag() {
    queue.push(arguments);
  }
  const say = (isOn) => Object.fromEntries(Object.entries(site.signals).map(([signal, ids]) => [signal, ids.length && ids.every(isOn) ? 'granted' : 'denied']));
  const nothing = say((id) => site.always.includes(id));
  let last = JSON.stringify(nothing);

  function update() {
    // Until the gateway has answered there is nothing new to say.
    if (!guard.told()) return;
    const now = say(isGranted);
    const text = JSON.stringify(now);
    if (text === last) return;
    last = text;
    gtag('consent', 'update', now);
    gtag('set', 'ads_data_redaction', now.ad_storage === 'denied');
  }

  gtag('consent', 'default', guard.told() ? nothing : { ...nothing, wait_for_update: 500 });
  gtag('set', 'ads_data_redaction', true);
  update();
  queue = window.dataLayer = window.dataLayer || [];
  queue.unshift(...first);
  document.addEventListener('consent-change', update);
}
