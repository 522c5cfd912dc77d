import { chromium } from "../../../../end2end/node_modules/playwright/index.mjs";
import http from "node:http";
import crypto from "node:crypto";
import fs from "node:fs";
// Records what Chromium answers, for chromium.rs: its virtual authenticator makes and uses a passkey of each algorithm.
// Run it in this folder, with port 8000 free. The secret, the browser and the time are those of scene.rs.
const secret = Buffer.alloc(32, 7), browser = Buffer.from("ana's browser");
const issued = Buffer.alloc(8); issued.writeBigInt64BE(BigInt(Date.parse("2026-11-28T02:30:00Z") / 1000));
const handle = Buffer.from("0123456789abcdef");
function challenge(label, nonce, account) {
  const length = Buffer.alloc(8); length.writeBigInt64BE(BigInt(label.length));
  const n = Buffer.alloc(16, nonce);
  const code = crypto.createHmac("sha256", secret).update(Buffer.concat([length, Buffer.from(label), n, issued, Buffer.from([account ? 1 : 0]), account ?? Buffer.alloc(16), browser])).digest();
  return Buffer.concat([n, issued, code]).toString("base64url");
}
const server = http.createServer((_, response) => response.setHeader("content-type", "text/html").end("<title>x</title>"));
await new Promise(done => server.listen(8000, "127.0.0.1", done));
const b = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const out = { version: b.version(), answers: [] };
for (const [alg, nonce] of [[-8, 1], [-7, 2], [-257, 3]]) {
  const context = await b.newContext(); const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await page.goto("http://localhost:8000/");
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  const creation = await page.evaluate(async options => {
    const c = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    return JSON.stringify(c.toJSON());
  }, { rp: { id: "localhost", name: "Example" }, user: { id: handle.toString("base64url"), name: "ana@example.com", displayName: "Ana" },
    challenge: challenge("passkey registration", nonce, handle), pubKeyCredParams: [{ type: "public-key", alg }], attestation: "none",
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" }, excludeCredentials: [] });
  const assertion = await page.evaluate(async options => {
    const c = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    return JSON.stringify(c.toJSON());
  }, { rpId: "localhost", challenge: challenge("passkey sign-in", nonce + 10), userVerification: "required", allowCredentials: [] });
  out.answers.push({ algorithm: alg, registration: JSON.parse(creation), assertion: JSON.parse(assertion) });
  await context.close();
}
await b.close(); server.close();
fs.writeFileSync(new URL("chromium.json", import.meta.url), JSON.stringify(out, null, 2) + "\n");
console.log(out.version);
