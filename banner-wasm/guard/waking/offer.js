// Where something granted can't be served in a page that stands already: says so, with a button that loads it again.
// Refuses to load anything by itself.

function offerReload() {
  const settings = document.getElementById('consent-settings');
  const { reload, again } = settings?.dataset ?? {};
  if (!reload || settings.querySelector('button')) return;
  const offer = document.createElement('p');
  const button = document.createElement('button');
  offer.setAttribute('role', 'status');
  button.type = 'button';
  button.textContent = again;
  button.addEventListener('click', () => location.reload());
  offer.append(reload, ' ', button);
  settings.append(offer);
}
