// An OpenID Connect provider, controlled by JSON objects on its standard input, one a line:
//
// people: the claims of each person, by the name to sign in with
// redirectUris: where the client may be sent back to
// clockS: how many seconds its clock is ahead of the machine's
// idTokenS: how many seconds an ID token is valid
// rotate: whether to replace the signing key
// claimsInIdToken: whether the ID token has all claims, so that userinfo isn't needed
// publish: what to publish in place of its own values: {issuer, jwks, userinfo …}
//
// It writes one line to its standard output when it listens, and after each object.
// The arguments are its issuer, and for TLS the files of its certificate and key.
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { register } from "node:module";
import { createInterface } from "node:readline";

// What Node 18 lacks. The library imports crypto in a way that hides what is added to it.
if (!crypto.hash) {
  globalThis.crypto ??= crypto.webcrypto;
  URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
  crypto.hash = (algorithm, data, encoding = "hex") =>
    crypto.createHash(algorithm).update(data).digest(encoding);
  const hook = `export async function load(url, context, next) {
    const loaded = await next(url, context);
    const source = loaded.source && String(loaded.source);
    return { ...loaded, source: source?.replace("import * as crypto from", "import crypto from") };
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
const { default: Provider } = await import("oidc-provider");

const [issuer, certificate, key] = process.argv.slice(2);
const control = { people: {}, redirectUris: [], clockS: 0, idTokenS: 3600, publish: {} };
const machineTime = Date.now;
Date.now = () => machineTime() + control.clockS * 1000;

let keys = 0;
let signingKey = newKey();
let handle;

function newKey() {
  const { privateKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  keys += 1;
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${keys}`, alg: "RS256", use: "sig" };
}

function newProvider() {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "portal",
        client_secret: "the-secret-of-the-portal",
        redirect_uris: control.redirectUris,
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    jwks: { keys: [signingKey] },
    cookies: { keys: ["cookies"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    ttl: { IdToken: control.idTokenS },
    conformIdTokenClaims: !control.claimsInIdToken,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...control.people[id] }) }),
    // Everyone has consented to everything.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith("/interaction/")) {
      await signIn(provider, ctx);
      return;
    }
    await next();
    const published = control.publish[ctx.path];
    if (published && ctx.status === 200) ctx.body = { ...ctx.body, ...published };
  });
  return provider.callback();
}

async function signIn(provider, ctx) {
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = `<!DOCTYPE html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">
      <h1>Provider</h1><form method="post"><label>Name <input name="login"></label>
      <button>Continue</button></form></html>`;
    return;
  }
  let body = "";
  for await (const part of ctx.req) body += part;
  const accountId = new URLSearchParams(body).get("login");
  const result = accountId
    ? { login: { accountId } }
    : { error: "access_denied", error_description: "canceled" };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
}

handle = newProvider();
const listener = (request, response) => handle(request, response);
const server = certificate
  ? https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, listener)
  : http.createServer(listener);
server.listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { rotate, ...changes } = JSON.parse(line);
    Object.assign(control, changes);
    if (rotate) signingKey = newKey();
    handle = newProvider();
    console.log("done");
  })
  .on("close", () => process.exit()); // the tests have ended
