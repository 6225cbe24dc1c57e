/* Elements of the page: found, made and filled. */
(function () {
  "use strict";
  const t = window.tillstream;

  /** Null on a page that has no such element. @type {Tillstream["byId"]} */
  const byId = (id) => document.getElementById(id);

  /** An element; text goes in as text, whatever a till has sent. @type {Tillstream["element"]} */
  function element(tag, content, attributes) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, String(value));
    made.append(...[content].flat());
    return made;
  }

  /** @type {Tillstream["setText"]} */
  function setText(id, value) {
    const found = byId(id);
    if (found && found.textContent !== value) found.textContent = value;
  }

  Object.assign(t, { byId, element, setText });
})();
