import { button, field, fillSignIn, words } from '../../fixtures/forms';
import { Postgres } from '../../fixtures/postgres';
import { Server } from '../../fixtures/server';
import { expect, register, test as base } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** A server with a database of its own that a test may stop. */
const test = base.extend<{ database: Postgres }, { fragile: { server: Server; postgres: Postgres } }>({
  fragile: [
    async ({}, use) => {
      const postgres = await Postgres.start();
      const server = await Server.start(postgres.url);
      await use({ server, postgres });
      await server.stop();
      await postgres.destroy();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ fragile }, use) => {
    await use(fragile.server.url);
  },
  // Whatever a test did to it, the next one finds it running.
  database: async ({ fragile, request }, use) => {
    await use(fragile.postgres);
    await fragile.postgres.stop();
    await fragile.postgres.resume();
    await expect.poll(async () => (await request.get('/readyz')).status()).toBe(200);
  },
});

// One cluster serves the file: its tests take turns.
test.describe.configure({ mode: 'default' });

async function saysSo(page: Page): Promise<void> {
  await expect(page.getByText(words.unreachable).first()).toBeVisible();
  await expect(page.getByText(words.wrongPassword)).toHaveCount(0);
}

for (const state of ['wasm', 'noscript'] as const) {
  test.describe(`the database stops (${state})`, () => {
    test.use({ state, javaScriptEnabled: state === 'wasm' });

    test('signing in says so, keeps what was typed and works again by itself', async ({
      page,
      context,
      member,
      database,
      visit,
      request,
    }) => {
      await context.clearCookies();
      await visit('/login');
      await database.stop();
      await fillSignIn(page, member);
      const answered = page.waitForResponse(answer => answer.status() === 503);
      await button(page, 'Sign in').click();
      await answered;
      await saysSo(page);
      await expect(field(page, 'Email or username')).toHaveValue(member.email);

      await database.resume();
      await expect.poll(async () => (await request.get('/readyz')).status()).toBe(200);
      await field(page, 'Password').fill(member.password);
      await button(page, 'Sign in').click();
      await expect(page).toHaveURL('/account');
    });

    test('saving a profile says so and keeps what was typed', async ({ page, member, database, visit, request }) => {
      await visit('/account');
      await database.stop();
      await field(page, 'Bio').fill('kept');
      await button(page, 'Save profile').click();
      await saysSo(page);
      await database.resume();
      await expect.poll(async () => (await request.get('/readyz')).status()).toBe(200);
      // Without the program the form itself could not be shown meanwhile.
      if (state === 'noscript') await page.getByRole('link', { name: 'Try again' }).click();
      await expect(field(page, 'Bio'), member.email).toHaveValue('kept');
      await button(page, 'Save profile').click();
      await expect(page.getByText(words.saved)).toBeVisible();
    });

    test('a member is not taken for a stranger', async ({ page, member, database }) => {
      await database.stop();
      const answer = await page.goto('/account');
      expect(answer!.status(), member.email).toBe(503);
      expect(answer!.headers()['retry-after']).toBeDefined();
      await expect(page).toHaveURL('/account');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Temporarily unavailable');
      await saysSo(page);
    });
  });
}

test('the pages for strangers stay up, and so does the health check of the process', async ({ page, database, request }) => {
  await database.stop();
  for (const path of ['/', '/login', '/register']) expect((await page.goto(path))!.status(), path).toBe(200);
  expect((await request.get('/livez')).status()).toBe(200);
  expect((await request.get('/readyz')).status()).toBe(503);
});

test('a session outlives the outage', async ({ page, context, member, database, baseURL, request }) => {
  await database.stop();
  expect((await page.goto('/account'))!.status()).toBe(503);
  await database.resume();
  await expect.poll(async () => (await request.get('/readyz')).status()).toBe(200);
  expect((await page.goto('/account'))!.status(), member.email).toBe(200);
  await expect(page).toHaveURL('/account');
  await register(context, { ...member, email: `again-${member.email}` }, baseURL!);
});
