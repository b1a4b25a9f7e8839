// A real OpenID provider (oidc-provider, OpenID Certified) with test persons. Two clients: an eParaksts-like one and an
// internet bank. Environment: HOST, PORT, PORTAL (the portal's address), KEYS (JWKS with private keys), CLIENTS (JSON).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import express from "express";
import Provider from "oidc-provider";
import { chosen, message, pick } from "./pages.mjs";

const { HOST = "127.0.0.1", PORT, PORTAL, KEYS, CLIENTS } = process.env;
const issuer = `http://${HOST}:${PORT}`;
const known = new Map(); // account id -> person; test persons only, gone with the process
const clients = JSON.parse(readFileSync(CLIENTS, "utf8"));
// By what the person proved themself (RFC 8176): a card, or several channels as banks do.
const MEANS = { eparaksts: "sc", banka: "mca" };
const TITLES = { eparaksts: "eParaksts (izmēģinājums)", banka: "Internetbanka (izmēģinājums)" };

const provider = new Provider(issuer, {
  clients: clients.map(({ id, secret, auth }) => ({
    client_id: `portal-${id}`, client_secret: secret, redirect_uris: [`${PORTAL}/sign-in/callback/${id}`],
    grant_types: ["authorization_code"], response_types: ["code"], token_endpoint_auth_method: auth,
  })),
  jwks: JSON.parse(readFileSync(KEYS, "utf8")),
  cookies: { keys: [createHash("sha256").update(readFileSync(KEYS)).digest("hex")], names: { session: "op_session", interaction: "op_interaction", resume: "op_resume" } },
  acrValues: ["urn:eidas:high", "urn:eidas:substantial", "urn:eidas:low"],
  claims: { acr: null, openid: ["sub", "amr"], profile: ["given_name", "family_name", "name", "serial_number", "former_codes", "company_reg_no"] },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: { Session: 600, Interaction: 600, Grant: 600, AuthorizationCode: 60, AccessToken: 300, IdToken: 300 },
  async findAccount(ctx, id) {
    const person = known.get(id);
    if (!person) return undefined;
    const [code, ...former] = person.codes;
    return {
      accountId: id,
      claims: async () => ({
        sub: id, given_name: person.given_name.toUpperCase(), family_name: person.family_name.toUpperCase(),
        name: `${person.given_name} ${person.family_name}`, serial_number: `PNOLV-${code.slice(0, 6)}-${code.slice(6)}`,
        former_codes: former, company_reg_no: person.reg_no,
      }),
    };
  },
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
});

const app = express();
const form = express.urlencoded({ extended: false, limit: "20kb" });
app.disable("x-powered-by");
app.get("/healthz", (req, res) => res.json({ ready: true }));
app.get("/", (req, res) => {
  const there = `${PORTAL}/sign-in/from/banka?iss=${encodeURIComponent(issuer)}`;
  res.send(message("Internetbanka (izmēģinājums)", `<h2>E-pakalpojumi</h2><p><a href="${there}">Klientu portāls</a></p>`));
});

async function show(req, res, next, trouble = "") {
  try {
    const { uid, params } = await provider.interactionDetails(req, res);
    const title = TITLES[String(params.client_id).replace("portal-", "")];
    res.send(pick(title, `/interaction/${uid}`, { trouble, cancel: `/interaction/${uid}/cancel` }));
  } catch (error) { next(error); }
}
app.get("/interaction/:uid", (req, res, next) => show(req, res, next));
app.post("/interaction/:uid", form, async (req, res, next) => {
  const person = chosen(req.body);
  if (!person) return show(req, res, next, "Personas kodā jābūt 11 cipariem.");
  // The subject stays when a code changes: it hangs on the oldest one.
  const id = createHash("sha256").update(`${person.codes.at(-1)} ${person.reg_no ?? ""}`).digest("hex").slice(0, 32);
  known.set(id, person);
  try {
    const { params } = await provider.interactionDetails(req, res);
    const amr = [MEANS[String(params.client_id).replace("portal-", "")] ?? "test"];
    const login = { accountId: id, acr: `urn:eidas:${person.level}`, amr, remember: false };
    await provider.interactionFinished(req, res, { login }, { mergeWithLastSubmission: false });
  } catch (error) { next(error); }
});
app.get("/interaction/:uid/cancel", async (req, res, next) => {
  try {
    await provider.interactionFinished(req, res, { error: "access_denied", error_description: "cancelled" });
  } catch (error) { next(error); }
});
app.use(provider.callback());
app.use((error, req, res, next) => {
  console.error(error.name, error.error_description ?? error.message);
  res.status(400).send(message("Kļūda", "<p>Pieteikšanās ir beigusies. Sāciet vēlreiz portālā.</p>"));
});
provider.on("server_error", (ctx, error) => console.error("server_error", error));
app.listen(Number(PORT), HOST, () => console.log(`OpenID provider at ${issuer}`));
