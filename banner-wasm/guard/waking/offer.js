// Where something granted can't be served in a page that stands already: says so, with a button that loads it again.
// Refuses to load anything by itself.

function offerReload() {
  const settings = document.getElementById('consent-settings');
  if (!settings || settings.querySelector('button')) return;
  const [reload, again] = settings.lang === 'ko' ? ['{{ko.reload}}', '{{ko.again}}'] : ['{{en.reload}}', '{{en.again}}'];
  const offer = document.createElement('p');
  const button = document.createElement('button');
  offer.setAttribute('role', 'status');
  button.type = 'button';
  button.textContent = again;
  button.addEventListener('click', () => location.reload());
  offer.append(reload, ' ', button);
  settings.append(offer);
}
