import { button, field, signOut } from '../../fixtures/forms';
import { expect, test } from '../../fixtures/test';

test('an unknown address gets a page that helps @plain', async ({ page, visit }) => {
  const answer = page.waitForResponse('**/no/such/page');
  await visit('/no/such/page');
  expect((await answer).status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  await page.getByRole('main').getByRole('link').first().click();
  await expect(page).toHaveURL('/');
});

test('a member on a page that is not there can still sign out @plain', async ({ page, member, visit }) => {
  await visit('/no/such/page');
  await expect(page.getByRole('banner'), member.email).toContainText(member.name);
  await signOut(page);
});

test('a post that is too large gets its own page', async ({ browser, member, context }) => {
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const page = await plain.newPage();
  await page.goto('/account');
  // Past the field's own limit, as a hand-made request would be.
  await field(page, 'Bio').evaluate((bio: HTMLTextAreaElement) => (bio.value = 'x'.repeat(100_000)));
  const answer = page.waitForResponse('**/fn/profile/save');
  await button(page, 'Save profile').click();
  expect((await answer).status(), member.email).toBe(413);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Too large');
  await expect(page.getByText('Nothing was changed')).toBeVisible();
  await plain.close();
});

const lost = {
  "a proxy's page": { status: 502, contentType: 'text/html', body: '<html>502 Bad Gateway</html>' },
  'an answer of another release': { status: 200, contentType: 'application/json', body: '{"saved":true}' },
  'no answer': undefined,
};

for (const [what, answer] of Object.entries(lost)) {
  test(`a change that is answered by ${what} may have been made`, async ({ page, member, visit }) => {
    await visit('/account');
    await field(page, 'Bio').fill(`Typed by ${member.name}.`);
    await page.route('**/fn/profile/save', async route => {
      await route.fetch();
      await (answer ? route.fulfill(answer) : route.abort('connectionreset'));
    });
    await button(page, 'Save profile').click();
    const alert = page.locator('form[action="/fn/profile/save"]').getByRole('alert');
    await expect(alert).toContainText(/We lost the connection.*check whether it was/i);
    await expect(alert).not.toContainText('Nothing was');
    await expect(field(page, 'Bio')).toHaveValue(`Typed by ${member.name}.`);
  });
}

test('a form on another site changes nothing (P9)', async ({ page, member, baseURL, visit }) => {
  const attacker = baseURL!.replace('localhost', '127.0.0.1');
  const attack = `<form method="post" action="${baseURL}/fn/profile/save">
    <input name="form[bio]" value="not mine"><button>Win a prize</button></form>`;
  await page.route(`${attacker}/prize`, route => route.fulfill({ contentType: 'text/html', body: attack }));
  await page.goto(`${attacker}/prize`);
  const answer = page.waitForResponse('**/fn/profile/save');
  await page.getByRole('button').click();
  expect((await answer).status(), member.email).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Request blocked');
  await visit('/account');
  await expect(field(page, 'Bio')).toHaveValue('');
});

test('following a link never signs anybody out', async ({ page, member, visit }) => {
  const answer = await page.request.get('/fn/logout');
  expect(answer.status()).toBe(405);
  await visit('/account');
  await expect(page, member.email).toHaveURL('/account');
});

test('without the program every error page carries its status', async ({ request, baseURL }) => {
  const headers = { Origin: baseURL!, Accept: 'text/html' };
  const media = await request.post('/fn/login', { headers: { ...headers, 'Content-Type': 'text/plain' }, data: 'x' });
  expect(media.status()).toBe(415);
  expect(await media.text()).toContain('<h1');
  const method = await request.delete('/login', { headers });
  expect(method.status()).toBe(405);
});
