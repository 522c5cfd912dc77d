import { button, fillSignIn, fillSignUp, withNext } from '../../fixtures/forms';
import { expect, someAddress, test } from '../../fixtures/test';

test('a stranger is asked to sign in and then lands where they wanted @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/account/security');
  await expect(page).toHaveURL(withNext('/login', '/account/security'));
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account/security');
});

test('the way over sign-up keeps the page somebody wanted @plain', async ({ page, person, visit }) => {
  await visit('/account/security');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL(withNext('/register', '/account/security'));
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(withNext('/login', '/account/security'));
  await page.getByRole('link', { name: 'Create an account' }).click();
  await fillSignUp(page, person);
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account/security');
});

test('a refused sign-in keeps the page somebody wanted @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/account/security');
  await fillSignIn(page, { email: member.email, password: 'not the password' });
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toBeVisible();
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account/security');
});

test('a signed-in person who opens a strangers page goes to the profile @plain', async ({ page, member, visit }) => {
  for (const path of ['/login', '/register', '/login?next=%2F%2Fevil.example']) {
    await visit(path);
    await expect(page, `${path} for ${member.email}`).toHaveURL('/account');
  }
  await visit('/login?next=%2Faccount%2Fsecurity');
  await expect(page).toHaveURL('/account/security');
});

test('a page of another program behind the same address is loaded, not looked for among ours', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await page.route('**/shop?item=1', route => route.fulfill({ contentType: 'text/html', body: '<h1>The shop</h1>' }));
  await visit('/login?next=/shop%3Fitem%3D1');
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('heading', { name: 'The shop' })).toBeVisible();
  await expect(page).toHaveURL('/shop?item=1');
});

const hostile = [
  'https://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\r\nLocation: https://evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '/%2F/evil.example'.replace('%2F', '\u2215'),
  '@evil.example',
  '.evil.example',
];

test('no hostile next leads off our origin (P31) @plain', async ({ page, context, member, baseURL }) => {
  test.slow(); // a dozen sign-ins
  const origins = new Set<string>();
  page.on('request', request => {
    if (request.isNavigationRequest()) origins.add(new URL(request.url()).origin);
  });
  for (const next of hostile) {
    await context.clearCookies();
    // More sign-ins than one address has: each comes from elsewhere.
    await context.setExtraHTTPHeaders({ 'X-Forwarded-For': someAddress() });
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, member);
    await button(page, 'Sign in').click();
    await expect(page, JSON.stringify(next)).toHaveURL('/account');
  }
  expect([...origins]).toEqual([new URL(baseURL!).origin]);
});
