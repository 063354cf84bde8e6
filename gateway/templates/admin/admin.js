// Better, never needed: lists that show at once, and the row of a chart's table under pointer, finger or arrow keys.
'use strict';
for (const form of document.querySelectorAll('form.controls')) {
  form.addEventListener('change', event => {
    const days = event.target.type === 'date';
    if (days) form.elements.period.value = 'own';
    if (!days || (form.elements.from.value && form.elements.to.value)) form.requestSubmit();
  });
}
for (const figure of document.querySelectorAll('figure.over-time')) {
  const plot = figure.querySelector('svg.plot');
  const [head, ...rows] = figure.querySelectorAll('tr');
  if (!plot || !rows.length) continue;
  const tip = document.createElement('dl');
  const line = document.createElement('i');
  tip.className = 'tip';
  line.className = 'at';
  tip.hidden = line.hidden = true;
  tip.setAttribute('role', 'status');
  const drawing = plot.parentElement;
  drawing.append(line, tip);
  let at = rows.length;
  const show = place => {
    at = Math.max(0, Math.min(rows.length - 1, place));
    const cells = [...rows[at].cells].map(cell => cell.textContent);
    tip.replaceChildren(...cells.flatMap((text, cell) => {
      const [name, value] = ['dt', 'dd'].map(tag => document.createElement(tag));
      name.textContent = cell ? head.cells[cell].textContent : '';
      value.textContent = text;
      return cell ? [name, value] : [value];
    }));
    const [box, around] = [plot.getBoundingClientRect(), drawing.getBoundingClientRect()];
    const x = box.left - around.left + (box.width * (at + 0.5)) / rows.length;
    tip.hidden = line.hidden = false;
    line.style.left = `${x}px`;
    const room = around.width - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, x < around.width / 2 ? x + 14 : x - tip.offsetWidth - 14))}px`;
  };
  const hide = () => { tip.hidden = line.hidden = true; };
  const point = event => {
    const box = plot.getBoundingClientRect();
    show(Math.floor(((event.clientX - box.left) / box.width) * rows.length));
  };
  drawing.addEventListener('pointermove', point);
  drawing.addEventListener('pointerdown', point);
  drawing.addEventListener('pointerleave', hide);
  drawing.tabIndex = 0;
  drawing.setAttribute('role', 'group');
  drawing.setAttribute('aria-label', plot.querySelector('title').textContent);
  drawing.addEventListener('blur', hide);
  drawing.addEventListener('keydown', event => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (event.key === 'Escape') hide();
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
}
addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(each => { each.open = true; }));
