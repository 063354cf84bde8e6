// Loads the page again as soon as there is another state to show.
setInterval(async () => {
  const answer = await fetch('/edition').catch(() => undefined);
  if (answer?.ok && (await answer.text()) !== document.body.dataset.edition) location.reload();
}, 500);
