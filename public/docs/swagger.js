// Starts Swagger UI: an own file, because the page's policy runs no inline script.
addEventListener('DOMContentLoaded', () => {
  SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#page',
    deepLinking: true,
    // Swagger's own server would be asked to judge the document.
    validatorUrl: null,
    syntaxHighlight: false,
  });
});
