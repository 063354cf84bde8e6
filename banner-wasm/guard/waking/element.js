// Gives a held tag back the attributes that the gateway put aside. Shared by the waking module and the placeholder.
// Refuses to leave anything of the placeholder's on the tag, and to give back what is never put aside: a page may let strangers
// write markup with data- attributes in it, and must not have handlers or links made of them.

const heldMark = 'data-consent-hold';
const heldAttribute = /^data-consent-(src|srcset|srcdoc|lowsrc|href|[\w-]+-href|imagesrcset|data|poster|background|content|style|type|ping|attributionsrc|sandbox|credentialless|csp)$/;
const clicked = /^(a|area|form|button)$/;
const xlink = 'http://www.w3.org/1999/xlink';
// Taken once: the placeholder wakes a tag of another realm, whose own may have been replaced.
const { setAttribute, removeAttribute } = Element.prototype;

function wakeElement(held, trusted) {
  const frame = /^(iframe|object|embed)$/.test(held.localName);
  // A frame that goes on to another address leaves an entry in the history; one that is put in anew doesn't.
  const place = frame && held.parentNode;
  const next = held.nextSibling;
  if (place) held.remove();
  // The placeholder's own type, on a tag that had none.
  if (frame && !held.hasAttribute('data-consent-type') && held.getAttribute('type') === 'text/html') {
    removeAttribute.call(held, 'type');
  }
  for (const { name, value } of [...held.attributes]) {
    const own = heldAttribute.exec(name)?.[1];
    if (!own || (clicked.test(held.localName) && /href$/.test(own))) continue;
    removeAttribute.call(held, name);
    if (/.[-:]href$/.test(own)) held.setAttributeNS(xlink, 'xlink:href', value);
    else setAttribute.call(held, own, own === 'srcdoc' ? trusted.createHTML(value) : value);
  }
  if (place) place.insertBefore(held, next);
}
