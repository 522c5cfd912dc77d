import { button, field, fieldError, fillEmail, fillPasswordChange, fillSignIn, fillSignUp, withNext, words } from '../../fixtures/forms';
import { expect, somebody, test, type Person } from '../../fixtures/test';
import type { Locator, Page } from '@playwright/test';

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 } });

  test('what was saved is said where the eye is @plain', async ({ page, member, visit }) => {
    await visit('/account');
    await field(page, 'Bio').fill('Two lines,\nno more.');
    await button(page, 'Save profile').click();
    const said = page.getByText(words.saved);
    await expect(said, member.email).toHaveCount(1);
    await expect(said).toBeInViewport({ ratio: 1 });
    await uncovered(page, said);
  });

  test('a form that is sent from its first field says so on screen, too @plain', async ({ page, member, visit }) => {
    await visit('/account');
    await field(page, 'Name').press('Enter');
    await expect(page.getByText(words.saved), member.email).toBeInViewport({ ratio: 1 });
  });

  test('a refusal is on screen @plain', async ({ page, person, visit }) => {
    await visit('/login');
    await fillSignIn(page, person);
    await button(page, 'Sign in').click();
    await expect(page.getByText(words.wrongPassword)).toBeInViewport({ ratio: 1 });
  });
});

/** Nothing lies over it. */
async function uncovered(page: Page, locator: Locator): Promise<void> {
  const box = (await locator.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  expect(await page.evaluate(([x, y]) => document.elementFromPoint(x!, y!)?.textContent, [x, y])).toContain(words.saved);
}

test('on a wide screen what was saved stands beside the button', async ({ page, member, visit }) => {
  await visit('/account');
  await button(page, 'Save profile').click();
  const said = (await page.getByRole('status').filter({ hasText: words.saved }).boundingBox())!;
  const pressed = (await button(page, 'Save profile').boundingBox())!;
  expect(said.x, member.email).toBeGreaterThan(pressed.x + pressed.width);
  expect(Math.abs(said.y + said.height / 2 - pressed.y - pressed.height / 2)).toBeLessThan(8);
});

/** Where the heading, and each label and field above the first error, stand on the page. */
async function places(page: Page, names: string[]): Promise<string[]> {
  const selectors = ['h1', ...names.flatMap(name => [`label[for=${name}]`, `#${name}`])];
  return page.evaluate(
    all =>
      all.map(selector => {
        const { left, top } = document.querySelector(selector)!.getBoundingClientRect();
        return `${selector} ${left + scrollX} ${top + scrollY}`;
      }),
    selectors,
  );
}

const refusals = {
  'an empty sign-up': { path: '/register', act: 'Create account', above: ['name', 'email'], text: {} },
  'a short password': {
    path: '/register',
    act: 'Create account',
    above: ['name', 'email', 'password'],
    text: { Name: 'Ana', Email: 'ana@example.com', Password: 'short' },
  },
  'an empty sign-in': { path: '/login', act: 'Sign in', above: ['identifier'], text: {} },
  'a wrong password': {
    path: '/login',
    act: 'Sign in',
    above: ['identifier', 'password'],
    // A name of its own: failures in a row are counted by it, also those of other tests.
    text: { 'Email or username': somebody().email, Password: 'not the password' },
  },
};

for (const [width, height] of [[1600, 1000], [1280, 600], [768, 900]] as const) {
  for (const [name, { path, act, above, text }] of Object.entries(refusals)) {
    test(`${name} moves nothing above its words at ${width} × ${height} @plain`, async ({ page, visit }) => {
      await page.setViewportSize({ width, height });
      await visit(path);
      const before = await places(page, above);
      for (const [label, typed] of Object.entries(text)) await field(page, label).fill(typed);
      await button(page, act).click();
      await expect(page.locator('.field-error, [role=alert] .notice').first()).toBeVisible();
      expect(await places(page, above)).toEqual(before);
    });
  }
}

test('a taken address leads to its sign-in, with the way back and the address @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/register?next=/account/security');
  await fillSignUp(page, member);
  await button(page, 'Create account').click();
  await fieldError(page, 'email').getByRole('link', { name: 'Sign in instead' }).click();
  await expect(page).toHaveURL(withNext('/login', '/account/security'));
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
  await field(page, 'Password').fill(member.password);
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/account/security');
});

test('an address in a link is text and nothing else @plain', async ({ page, visit }) => {
  await visit(`/login?email=${encodeURIComponent(`"><script>document.title='ran'</script>@x`)}`);
  await expect(field(page, 'Email or username')).toHaveValue(`"><script>document.title='ran'</script>@x`);
  await expect(page).not.toHaveTitle('ran');
  await visit(`/login?email=${encodeURIComponent('Call 555 0100 now')}`);
  await expect(field(page, 'Email or username')).toHaveValue('');
});

test('a stranger who is sent to sign in is told why @plain', async ({ page, visit }) => {
  await visit('/login');
  await expect(page.getByText('Sign in to continue.')).toHaveCount(0);
  await visit('/account');
  await expect(page.getByText('Sign in to continue.')).toBeVisible();
});

test('too many attempts: the time is said, and counted down where a program runs @plain', async ({ page, person, visit, state }) => {
  await visit('/login');
  const alert = page.getByRole('alert').filter({ hasText: 'Too many attempts.' });
  const left = async () => Number(/\d+/.exec((await page.getByRole('timer').allTextContents()).join())?.[0] ?? 0);
  // The first waits are over before a test has looked at them.
  const least = state === 'wasm' ? 3 : 1;
  for (let attempt = 0; attempt < 60 && (await left()) < least; attempt += 1) {
    await fillSignIn(page, { ...person, password: `wrong-${attempt}` });
    const answered = page.waitForResponse(answer => answer.url().endsWith('/fn/login'));
    await button(page, 'Sign in').click();
    await answered;
    await expect(page.getByRole('alert').first()).toContainText(/Incorrect|Too many/);
  }
  await expect(alert).toHaveText(/^Too many attempts\. Try again in \d+ (second|minute)s?\. Email me a code instead$/);
  if (state !== 'wasm') return;
  const before = await left();
  await expect.poll(left).toBeLessThan(before);
  // An address gets one more attempt every 20 seconds.
  await expect(page.getByText('You can try again now.')).toBeVisible({ timeout: 25_000 });
});

/** What every function answers whoever calls too often. */
const TOO_OFTEN = {
  status: 429,
  contentType: 'application/problem+json',
  headers: { 'Retry-After': '2' },
  json: {
    type: 'about:blank',
    title: 'Too many attempts',
    status: 429,
    detail: 'Too many attempts. Try again in 2 seconds.',
    code: 'too_many_requests',
    errors: [],
    retry_after: 2,
  },
};

/** A form by its page, what is typed, and the button that sends it. */
type Form = [path: string, type: (page: Page, person: Person) => Promise<void>, press: string];

const nothing = async (): Promise<void> => {};

async function fillNewEmail(page: Page, { password }: Person): Promise<void> {
  await fillEmail(page, 'elsewhere@example.com', 'New email');
  await field(page, 'Password').fill(password);
}

const OF_STRANGERS: Form[] = [
  ['/register', fillSignUp, 'Create account'],
  ['/login', fillSignIn, 'Sign in'],
  ['/login/code', (page, { email }) => field(page, 'Email or username').fill(email), 'Email me a code'],
  ['/forgot', (page, { email }) => fillEmail(page, email), 'Send email'],
];

const OF_MEMBERS: Form[] = [
  ['/account', page => field(page, 'Name').fill('Somebody else'), 'Save profile'],
  ['/account', nothing, 'Send it again'],
  ['/account/security', (page, { password }) => fillPasswordChange(page, password, `${password}-new`), 'Change password'],
  ['/account/security', fillNewEmail, 'Change email'],
];

async function countsDown(page: Page, [path, type, press]: Form, person: Person, visit: (path: string) => Promise<void>): Promise<void> {
  await visit(path);
  await type(page, person);
  await page.route('**/fn/**', route => route.fulfill(TOO_OFTEN));
  await button(page, press).click();
  const alert = page.getByRole('alert').filter({ hasText: 'Too many attempts.' });
  await expect(alert).toHaveText(/^Too many attempts\. Try again in \d seconds?\./);
  await expect(page.getByText('You can try again now.')).toBeVisible();
  await page.unroute('**/fn/**');
}

test('every form of the program that is sent too often counts down to the next try', async ({ page, context, member, person, visit }) => {
  for (const form of OF_MEMBERS) await countsDown(page, form, member, visit);
  await context.clearCookies();
  for (const form of OF_STRANGERS) await countsDown(page, form, person, visit);
});
