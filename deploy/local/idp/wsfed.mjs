// A real WS-Federation provider (wsfed) that issues signed SAML 1.1 tokens as Latvija.lv does, with test persons; its
// second realm is an internet bank whose site sends people to the portal unasked. Environment: HOST, PORT, PORTAL,
// KEY and CERTIFICATE of the provider, ENCRYPT_KEY and ENCRYPT_CERTIFICATE of the portal (public halves, PEM).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import express from "express";
import wsfed from "wsfed";
import { chosen, message, pick, safe } from "./pages.mjs";

// The library adds the token's life to its own clock and then states the end as AuthenticationInstant; a real provider
// states when the person proved who they are, and the portal looks at it where somebody confirms anew.
const require = createRequire(import.meta.url);
const moment = createRequire(require.resolve("saml"))("moment");
const add = moment.fn.add;
moment.fn.add = function (...given) { return add.apply(this.clone(), given); };

const { HOST = "127.0.0.1", PORT, PORTAL, KEY, CERTIFICATE, ENCRYPT_KEY, ENCRYPT_CERTIFICATE } = process.env;
const IDENTITY = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const LEVELS = { high: "4", substantial: "3", low: "2" };
const pem = { key: readFileSync(KEY), cert: readFileSync(CERTIFICATE) };
const sealed = { encryptionPublicKey: readFileSync(ENCRYPT_KEY), encryptionCert: readFileSync(ENCRYPT_CERTIFICATE) };
const realms = {
  "urn:portal:local": { to: `${PORTAL}/sign-in/callback/latvija`, title: "Latvija.lv (izmēģinājums)", more: sealed },
  "urn:portal:bankalink": { to: `${PORTAL}/sign-in/callback/bankalink`, title: "Banka (izmēģinājums)", more: {} },
};

function profile(person) {
  const [code] = person.codes;
  const name = person.reg_no ? `PK:${code}-UR:${person.reg_no}` : `PK:${code}`;
  return {
    getClaims: () => ({
      [`${IDENTITY}/givenname`]: person.given_name.toUpperCase(), [`${IDENTITY}/surname`]: person.family_name.toUpperCase(),
      [`${IDENTITY}/privatepersonalidentifier`]: person.codes,
      "http://ivis.eps.gov.lv/schema/identity/claims/citizenQAALevel": LEVELS[person.level],
    }),
    getNameIdentifier: () => ({ nameIdentifier: name, nameIdentifierFormat: "urn:ivis:100001:name.id-viss" }),
  };
}

// The form that carries the token to the portal: sent by a script, or by its button where there is none.
function carry(res, to, wctx, wresult) {
  const context = wctx ? `<input type="hidden" name="wctx" value="${safe(wctx)}">` : "";
  res.send(message("Pieteikšanās", `<form method="post" action="${safe(to)}"><input type="hidden" name="wa" value="wsignin1.0">
<input type="hidden" name="wresult" value="${safe(wresult)}">${context}<button>Turpināt uz portālu</button></form>
<script>document.forms[0].submit()</script>`));
}

const app = express();
const form = express.urlencoded({ extended: false, limit: "20kb" });
app.disable("x-powered-by");
app.get("/healthz", (req, res) => res.json({ ready: true }));
app.get("/", (req, res) => res.send(message("Banka (izmēģinājums)",
  `<h2>E-pakalpojumi</h2><p><a href="/wsfed?wa=wsignin1.0&amp;wtrealm=urn:portal:bankalink">Klientu portāls</a></p>`)));

app.all("/wsfed", form, (req, res, next) => {
  const realm = realms[req.query.wtrealm];
  if (!realm || (req.query.wreply && req.query.wreply !== realm.to)) {
    return res.status(400).send(message("Kļūda", "<p>Nezināms pakalpojums.</p>"));
  }
  const person = req.method === "POST" ? chosen(req.body) : undefined;
  if (!person) {
    const trouble = req.method === "POST" ? "Personas kodā jābūt 11 cipariem." : "";
    return res.send(pick(realm.title, req.originalUrl, { trouble }));
  }
  wsfed.auth({
    ...pem, ...realm.more, issuer: "http://www.latvija.lv/sts", lifetime: 4 * 3600, wctx: req.query.wctx || " ",
    signatureAlgorithm: "rsa-sha256", digestAlgorithm: "sha256", profileMapper: profile,
    getUserFromRequest: () => person, getPostURL: (wtrealm, wreply, request, done) => done(null, realm.to),
    responseHandler: (response, to, wctx, wresult) => carry(response, to, req.query.wctx, wresult),
  })(req, res, next);
});
app.use((error, req, res, next) => {
  console.error(error);
  res.status(500).send(message("Kļūda", "<p>Pieteikšanās neizdevās.</p>"));
});
app.listen(Number(PORT), HOST, () => console.log(`WS-Federation provider at http://${HOST}:${PORT}`));
