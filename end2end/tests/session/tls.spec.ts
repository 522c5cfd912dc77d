import { get } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { button, fillSignUp, signOut, withNext } from '../../fixtures/forms';
import { Postgres } from '../../fixtures/postgres';
import { freePort } from '../../fixtures/processes';
import { Server } from '../../fixtures/server';
import { expect, hydrated, somebody, test as base } from '../../fixtures/test';
import { makeCertificates, terminate } from '../../fixtures/tls';

interface Secure {
  url: string;
  authority: string;
  fingerprint: string;
}

/** The server as the world sees it: behind TLS, with the real names of its cookies. */
const test = base.extend<object, { secure: Secure }>({
  secure: [
    async ({}, use) => {
      const certificates = await makeCertificates();
      const port = await freePort();
      const url = `https://localhost:${port}`;
      // Another server's database is no use: it holds rows of that one's keys.
      const postgres = await Postgres.start();
      const server = await Server.start(postgres.url, { BASE_URL: url });
      const terminator = await terminate(certificates, port, () => server.port);
      await use({ url, authority: certificates.authority, fingerprint: certificates.fingerprint });
      terminator.close();
      await server.stop();
      await postgres.destroy();
    },
    { scope: 'worker' },
  ],
  launchOptions: [
    async ({ launchOptions, secure }, use) => {
      const trust = `--ignore-certificate-errors-spki-list=${secure.fingerprint}`;
      await use({ ...launchOptions, args: [...(launchOptions.args ?? []), trust] });
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ secure }, use) => {
    await use(secure.url);
  },
});

test.describe.configure({ mode: 'default' });

async function headers(secure: Secure, path: string): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    get(`${secure.url}${path}`, { ca: secure.authority, agent: false }, answer => {
      answer.resume();
      resolve(answer.headers);
    }).on('error', reject);
  });
}

test('signing up sets __Host-token: Secure, HttpOnly, Lax, for this host and every path', async ({ page, context }) => {
  await page.goto('/register');
  await hydrated(page);
  await fillSignUp(page, somebody());
  const answer = page.waitForResponse('**/fn/register');
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account');
  const set = (await (await answer).headersArray()).filter(({ name }) => name.toLowerCase() === 'set-cookie');
  expect(set.map(({ value }) => value.split('=')[0])).toContain('__Host-token');
  for (const { value } of set) expect(value).not.toMatch(/domain=/i);
  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name)).toContain('__Host-token');
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({ domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' });
  }
});

test('signing out takes the cookie away and ends the session', async ({ page, context }) => {
  await page.goto('/register');
  await hydrated(page);
  await fillSignUp(page, somebody());
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account');
  const copied = await context.cookies();
  await signOut(page);
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('__Host-token');
  await context.addCookies(copied);
  await page.goto('/account');
  await expect(page).toHaveURL(withNext('/login', '/account'));
});

test('the names of plain http mean nothing here', async ({ page, context, secure }) => {
  await page.goto('/register');
  await fillSignUp(page, somebody());
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account');
  const real = (await context.cookies()).find(({ name }) => name === '__Host-token')!;
  await context.clearCookies();
  for (const name of ['session-token', 'token']) await context.addCookies([{ name, value: real.value, url: secure.url }]);
  await page.goto('/account');
  await expect(page).toHaveURL(withNext('/login', '/account'));
});

test('a plain form post keeps its one-shot notice in a __Host- cookie too', async ({ browser, secure }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: secure.url });
  const page = await context.newPage();
  await page.goto('/login');
  const answer = page.waitForResponse('**/fn/login');
  await button(page, 'Sign in').click();
  const set = (await (await answer).headersArray()).filter(({ name }) => name.toLowerCase() === 'set-cookie');
  expect(set.length).toBeGreaterThan(0);
  for (const { value } of set) expect(value).toMatch(/^__Host-[^;]+;.*secure/i);
  await expect(page.locator('#identifier-error')).toBeVisible();
  await context.close();
});

for (const path of ['/', '/login', '/nowhere', '/livez', '/pkg/nothing.js', '/favicon.ico']) {
  test(`${path} asks browsers to stay on TLS`, async ({ secure }) => {
    const answer = await headers(secure, path);
    expect(answer['strict-transport-security']).toMatch(/max-age=\d{7,}/);
    expect(answer['content-security-policy']).toContain("default-src 'none'");
    expect(answer['x-content-type-options']).toBe('nosniff');
    expect(answer.server).toBeUndefined();
  });
}
