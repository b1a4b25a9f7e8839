// The sum of the chosen invoices while one chooses. The list works without this file.
"use strict";

(() => {
  const form = document.querySelector("form[data-invoices]");
  if (!form) return;
  const line = form.querySelector("[data-sum]");
  const boxes = form.querySelectorAll("input[name=invoice]");
  const shown = (cents) => {
    const whole = String(Math.floor(cents / 100)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
    return `${whole},${String(cents % 100).padStart(2, "0")}\u00a0€`;
  };
  const count = () => {
    const chosen = [...boxes].filter((box) => box.checked);
    const cents = chosen.reduce((sum, box) => sum + Math.round(Number(box.dataset.amount) * 100), 0);
    line.textContent = chosen.length
      ? line.dataset.some.replace("{count}", chosen.length).replace("{sum}", shown(cents))
      : line.dataset.none;
  };
  line.hidden = false;
  form.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
})();
