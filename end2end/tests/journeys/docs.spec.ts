import { expect, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** Whatever is asked of another host than the page's own. */
function strangers(page: Page, origin: string): string[] {
  const found: string[] = [];
  page.on('request', request => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && new URL(url).origin !== new URL(origin).origin) found.push(url);
  });
  return found;
}

test('Swagger UI signs in with a password and tries a call', async ({ page, person, request, baseURL }) => {
  const elsewhere = strangers(page, baseURL!);
  const account = { email: person.email, password: person.password, name: person.name };
  expect((await request.post('/api/v1/users', { data: account })).status()).toBe(201);

  await page.goto('/docs');
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await page.locator('#oauth_username').fill(person.email);
  await page.locator('#oauth_password').fill(person.password);
  await page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click();
  await expect(page.getByRole('button', { name: 'Remove authorization' })).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).last().click();

  const call = page.locator('#operations-My_account-read_me');
  await call.getByRole('button').first().click();
  await call.getByRole('button', { name: 'Try it out' }).click();
  const answered = page.waitForResponse(answer => answer.url().endsWith('/api/v1/users/me'));
  await call.getByRole('button', { name: 'Execute' }).click();
  expect((await answered).status()).toBe(200);
  await expect(call.locator('.live-responses-table')).toContainText(person.email);
  expect(elsewhere).toEqual([]);
});

test('Redoc shows every operation', async ({ page, request, baseURL }) => {
  const elsewhere = strangers(page, baseURL!);
  await page.goto('/redoc');
  const document = await (await request.get('/openapi.json')).json();
  for (const item of Object.values<Record<string, { operationId: string }>>(document.paths)) {
    for (const { operationId } of Object.values(item)) {
      await expect(page.locator(`[id$="operation/${operationId}"]`).first()).toBeAttached();
    }
  }
  expect(elsewhere).toEqual([]);
});
