// Shows how strong a new password is while it is typed. The server judges it; without this file the form says so after
// it was sent.
"use strict";

(() => {
  document.querySelectorAll("input[data-strength]").forEach((field) => {
    const place = document.getElementById(`${field.id}-strength`);
    const form = field.form;
    if (!place || !form) return;
    let timer = 0, latest = 0;
    const ask = async () => {
      const mine = ++latest;
      if (!field.value) { place.replaceChildren(); return; }
      const body = new FormData();
      body.set("csrf_token", form.elements.csrf_token.value);
      body.set("new_password", field.value);
      if (form.elements.token) body.set("token", form.elements.token.value);
      const answer = await fetch(field.dataset.strength, { method: "POST", body, headers: { "X-Requested-With": "part" } })
        .catch(() => null);
      // An answer that was overtaken by a later one, or a refusal, changes nothing.
      if (!answer || !answer.ok || mine !== latest) return;
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...part.body.childNodes);
    };
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 350); });
  });
})();
