// Starts Redoc: an own file, because the page's policy runs no inline script.
addEventListener('DOMContentLoaded', () => {
  Redoc.init('/openapi.json', {}, document.getElementById('page'));
});
