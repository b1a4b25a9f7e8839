// What both providers share: the test persons, and the page on which one is picked instead of a password.
import { readFileSync } from "node:fs";

export const people = JSON.parse(readFileSync(new URL("people.json", import.meta.url), "utf8"));
export const levels = { high: "augsts", substantial: "būtisks", low: "zems" };

export const safe = (text) => String(text ?? "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The person a form names: one of the list, or whoever was typed.
export function chosen(form) {
  const level = Object.hasOwn(levels, form.level) ? form.level : "high";
  if (form.person !== "other") {
    const person = people[Number(form.person)];
    return person && { ...person, level };
  }
  const codes = String(form.codes ?? "").split(/[\s,]+/).map((code) => code.replace(/-/g, "")).filter(Boolean);
  if (!codes.length || codes.some((code) => !/^\d{11}$/.test(code))) return undefined;
  return {
    given_name: String(form.given_name ?? "").trim(), family_name: String(form.family_name ?? "").trim(), codes,
    reg_no: String(form.reg_no ?? "").trim() || undefined, level,
  };
}

const frame = (title, body) => `<!doctype html><html lang="lv"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${safe(title)}</title><style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
button{font:inherit;display:block;width:100%;text-align:left;padding:.7rem 1rem;margin:.4rem 0;border:1px solid #767676;
border-radius:.4rem;background:#f6f6f6;cursor:pointer}button span{display:block;color:#555}
label{display:block;margin:.5rem 0}input,select{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}
.note{background:#fff4ce;padding:.6rem 1rem;border-radius:.4rem}a{color:#0b57d0}</style></head>
<body><main><h1>${safe(title)}</h1><p class="note">Izmēģinājuma vide: parole nav vajadzīga, izvēlieties personu.</p>
${body}</main></body></html>`;

const level = `<label>Identifikācijas līmenis<select name="level">
${Object.entries(levels).map(([value, text]) => `<option value="${value}">${text}</option>`).join("")}</select></label>`;

// `cancel` is the address of a refusal, "" when there is none.
export function pick(title, action, { trouble = "", cancel = "" } = {}) {
  const listed = people.map((person, number) => `<form method="post" action="${safe(action)}">
<input type="hidden" name="person" value="${number}"><button>${safe(person.given_name)} ${safe(person.family_name)}
<span>${safe(person.codes.join(", "))}: ${safe(person.about)}</span></button></form>`).join("");
  return frame(title, `${trouble && `<p role="alert">${safe(trouble)}</p>`}${listed}
<h2>Cita persona</h2><form method="post" action="${safe(action)}"><input type="hidden" name="person" value="other">
<label>Vārds<input name="given_name" required></label><label>Uzvārds<input name="family_name" required></label>
<label>Personas kods, pēc komata arī agrākie<input name="codes" required></label>
<label>Uzņēmuma reģistrācijas numurs (paraksttiesīgajam)<input name="reg_no"></label>${level}
<button>Turpināt</button></form>${cancel && `<p><a href="${safe(cancel)}">Atcelt</a></p>`}`);
}

export const message = (title, body) => frame(title, body);
