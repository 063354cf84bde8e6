// Where something granted can't be served in a page that stands already: says so, with a button that loads it again.
// Refuses to load anything by itself.

async function offerReload() {
  const settings = document.getElementById('consent-settings');
  if (!settings) return;
  // The owner's own words stand in the page.
  let { reload, again } = settings.dataset;
  if (!reload) {
    const { words } = await import(new URL('{{words}}', import.meta.url)).catch(() => ({}));
    if (!words) return;
    [reload, again] = words[settings.lang] ?? words.en;
  }
  // Several tags may want it at once.
  if (settings.querySelector('button')) return;
  const offer = document.createElement('p');
  const button = document.createElement('button');
  offer.setAttribute('role', 'status');
  button.type = 'button';
  button.textContent = again;
  button.addEventListener('click', () => location.reload());
  offer.append(reload, ' ', button);
  settings.append(offer);
}
