// Security keys and passkeys: asks the browser for them and puts the answer into the form. Without this file the
// other ways to prove who one is go on working.
"use strict";

(() => {
  const part = document.querySelector("[data-security-key]");
  if (!part) return;
  const form = part.closest("form");
  const button = form.querySelector("[data-key-button]");
  const wrong = part.querySelector("[data-key-wrong]");
  const answer = part.querySelector("input[name=credential]");

  const toBytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=")), (c) => c.charCodeAt(0),
  );
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  if (!window.PublicKeyCredential || location.origin !== part.dataset.origin) {
    part.querySelector("[data-key-elsewhere]").hidden = false;
    return;
  }
  button.hidden = false;

  const ask = async (options) => {
    const publicKey = { ...options, challenge: toBytes(options.challenge) };
    if (part.dataset.securityKey === "create") {
      publicKey.user = { ...options.user, id: toBytes(options.user.id) };
      publicKey.excludeCredentials = described(options.excludeCredentials);
      return navigator.credentials.create({ publicKey });
    }
    publicKey.allowCredentials = described(options.allowCredentials);
    return navigator.credentials.get({ publicKey });
  };

  const written = (credential) => {
    const { response } = credential;
    const said = { clientDataJSON: toText(response.clientDataJSON) };
    if (response.attestationObject) {
      said.attestationObject = toText(response.attestationObject);
      said.transports = response.getTransports ? response.getTransports() : [];
    } else {
      said.authenticatorData = toText(response.authenticatorData);
      said.signature = toText(response.signature);
      if (response.userHandle) said.userHandle = toText(response.userHandle);
    }
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: said,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  let asking = false;
  // Before the listener that lets a form be sent once only: it must not count the press that asks the key.
  form.addEventListener("submit", (event) => {
    if (answer.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const name = form.querySelector("input[name=name]");
    if (name && !name.value.trim()) { name.focus(); name.setAttribute("aria-invalid", "true"); return; }
    if (asking) return;
    asking = true;
    wrong.hidden = true;
    ask(JSON.parse(part.dataset.options))
      .then((credential) => { answer.value = written(credential); form.requestSubmit(); })
      .catch(() => { wrong.hidden = false; })
      .finally(() => { asking = false; });
  }, true);
  // Coming back with the browser's Back button: the answer was used, its challenge too.
  window.addEventListener("pageshow", () => { answer.value = ""; });
})();
