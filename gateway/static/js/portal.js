// Small comforts. Every page works without this file.
"use strict";

(() => {
  const all = (selector) => document.querySelectorAll(selector);

  // Menus close on Escape, on a click outside, and when another one opens.
  const menus = all("details[data-menu]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus.forEach((menu) => {
      if (menu.open && menu.contains(document.activeElement)) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  });
  document.addEventListener("click", (event) => {
    menus.forEach((menu) => { if (menu.open && !menu.contains(event.target)) menu.open = false; });
  });

  // Browsers that cannot show a closed menu's content by style alone get it opened on wide screens.
  if (!CSS.supports("selector(::details-content)")) {
    const wide = window.matchMedia("(min-width: 992px)");
    if (wide.matches) all("details[data-nav-menu], details[data-console-menu]").forEach((menu) => { menu.open = true; });
  }

  // On narrow screens rows are shown as cards; some browsers then forget that it is a table, so it is said aloud.
  const cards = window.matchMedia("(max-width: 575.98px)");
  const sayTable = () => {
    if (!cards.matches) return;
    const say = (selector, role) => all(`.data-table ${selector}`).forEach((part) => part.setAttribute("role", role));
    all(".data-table").forEach((table) => table.setAttribute("role", "table"));
    say("thead, .data-table tbody", "rowgroup");
    say("tr", "row");
    say("td", "cell");
    say("th[scope=col]", "columnheader");
    say("th[scope=row]", "rowheader");
  };
  cards.addEventListener("change", sayTable);
  sayTable();

  // A form is sent once: a second press while the answer is on its way does nothing.
  all("form[data-once]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
    });
  });
  // Coming back with the browser's Back button makes the form usable again.
  window.addEventListener("pageshow", () => {
    all("form[data-once]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  // Whoever comes back to the answer to a sent form is shown the form by its address: browsers do not keep such an
  // answer and would show an error of their own (ERR_CACHE_MISS).
  const answered = document.querySelector("form[data-address]");
  if (answered) history.replaceState(null, "", answered.dataset.address);

  // What went wrong is read first.
  const summary = document.querySelector("[data-focus]");
  if (summary) window.addEventListener("load", () => setTimeout(() => summary.focus()));

  // The switch of language or appearance takes along what was typed since the answer, too.
  const switches = document.querySelector("form[data-typed]");
  const typed = all("main form.form");
  if (switches && typed.length === 1) switches.addEventListener("formdata", (event) => {
    [...typed[0].elements].forEach((field) => event.formData.delete(field.name));
    new FormData(typed[0]).forEach((value, name) => {
      if (typeof value === "string") event.formData.append(name, value);
    });
  });

  // A link in the error summary leads into the field.
  all(".error-summary a").forEach((link) => {
    link.addEventListener("click", (event) => {
      const field = document.getElementById(link.hash.slice(1));
      if (field) { event.preventDefault(); field.focus(); field.scrollIntoView({ block: "center" }); }
    });
  });

  // A link to a closed part opens it.
  const openByHash = () => {
    const part = location.hash && document.getElementById(location.hash.slice(1));
    if (part && part.hasAttribute("data-open-by-hash")) { part.open = true; part.scrollIntoView(); }
  };
  window.addEventListener("hashchange", openByHash);
  openByHash();

  // Show the password one types.
  all("[data-reveal]").forEach((button) => {
    const field = document.getElementById(button.dataset.reveal);
    if (!field) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  });

  // Print the page one sees.
  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  // What was typed before a confirmation is sent on by itself; the button is for browsers without scripts.
  const onward = document.querySelector("form[data-send-on]");
  if (onward) onward.requestSubmit();

  // Choose all rows of a list.
  all("[data-check-all]").forEach((box) => {
    const boxes = () => all(box.dataset.checkAll);
    box.hidden = false;
    box.addEventListener("change", () => boxes().forEach((one) => {
      one.checked = box.checked;
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }));
  });

  // A part of a page that changes by itself: fetched again until the server stops asking for it, or nobody has
  // touched the page for ten minutes - a page left open must not keep its session alive for ever.
  let touched = Date.now();
  ["keydown", "pointerdown", "scroll"].forEach((what) => {
    document.addEventListener(what, () => { touched = Date.now(); }, { passive: true });
  });
  all("[data-refresh]").forEach((part) => {
    const again = async () => {
      if (Date.now() - touched > 600000) return;
      if (document.hidden || part.contains(document.activeElement)) { later(); return; }
      const answer = await fetch(part.dataset.refresh, { headers: { "X-Requested-With": "part" } }).catch(() => null);
      if (answer && answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(part.id);
        if (!fresh) return;
        part.replaceChildren(...fresh.childNodes);
        if (!fresh.dataset.refresh) { delete part.dataset.refresh; return; }
      }
      later();
    };
    const later = () => setTimeout(again, Number(part.dataset.refreshSeconds || 3) * 1000);
    later();
  });
})();
