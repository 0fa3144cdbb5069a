// Shows the OpenAPI description of this host; "Try it out" asks this host and no other.
const docs = document.getElementById("docs");

window.SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  persistAuthorization: false,
});
