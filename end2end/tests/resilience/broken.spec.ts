import { broken, everyMeddler, fresh, meddle, settled, spring, trap } from '../../fixtures/broken';
import { askToSignOut, button, field, fillPasswordChange, fillSignIn, fillSignUp, signOut, words } from '../../fixtures/forms';
import { expect, hold, hydrated, test as base, type Person } from '../../fixtures/test';
import type { BrowserContext, Page } from '@playwright/test';

// Here programs break on purpose, and say so in the console.
const test = base.extend({ clean: async ({}, use) => use() });

/** What a browser has loaded: documents by the way they came, and calls of a program's. */
function traffic(page: Page): { documents: string[]; calls: string[] } {
  const seen = { documents: [] as string[], calls: [] as string[] };
  page.on('request', request => {
    const { pathname } = new URL(request.url());
    if (request.isNavigationRequest()) seen.documents.push(`${request.method()} ${pathname}`);
    // Passkeys are a script's of their own, which goes on without the program.
    else if (pathname.startsWith('/fn/') && pathname !== '/fn/passkey/options') seen.calls.push(pathname);
  });
  return seen;
}

interface Somebody {
  page: Page;
  context: BrowserContext;
  member: Person;
  person: Person;
}

/** On every page what somebody came for; a page's own way of coming alive is waited for in between. */
const pages: Record<string, { stranger?: true; use: (who: Somebody, alive: () => Promise<void>) => Promise<void> }> = {
  '/': {
    stranger: true,
    use: async ({ page }) => {
      await page.getByRole('main').getByRole('link').first().click();
      await expect(page).not.toHaveURL('/');
      await page.goBack();
      await expect(page).toHaveURL('/');
    },
  },
  '/login': {
    stranger: true,
    use: async ({ page, member }, alive) => {
      await fillSignIn(page, { email: member.email, password: 'not-the-password-1' });
      await button(page, 'Sign in').click();
      await expect(page.getByRole('alert').first()).toContainText(words.wrongPassword);
      await alive();
      await fillSignIn(page, member);
      await button(page, 'Sign in').click();
      await expect(page).toHaveURL('/account');
    },
  },
  '/register': {
    stranger: true,
    use: async ({ page, context, person }) => {
      const fresh = { ...person, email: `new-${person.email}` };
      await context.clearCookies();
      await fillSignUp(page, fresh);
      await button(page, 'Create account').click();
      await expect(page).toHaveURL('/account');
    },
  },
  '/account': {
    use: async ({ page }, alive) => {
      await field(page, 'Bio').fill('Kept.');
      await button(page, 'Save profile').click();
      await expect(page.getByText(words.saved)).toBeVisible();
      await alive();
      await expect(field(page, 'Bio')).toHaveValue('Kept.');
      await signOut(page);
    },
  },
  '/account/security': {
    use: async ({ page, member }, alive) => {
      await fillPasswordChange(page, member.password, `${member.password}-new`);
      await button(page, 'Change password').click();
      await expect(page.getByText(words.changed)).toBeVisible();
      await alive();
      await page.getByRole('link', { name: 'Profile' }).click();
      await expect(page).toHaveURL('/account');
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    },
  },
  '/nowhere': {
    use: async ({ page }) => {
      await page.getByRole('main').getByRole('link').click();
      await expect(page).toHaveURL('/');
    },
  },
};

for (const [path, { stranger, use }] of Object.entries(pages)) {
  for (const meddler of everyMeddler) {
    test(`${path} works with ${meddler} in it`, async ({ page, context, member, person }) => {
      if (stranger) await context.clearCookies();
      await meddle(page, meddler);
      const { documents, calls } = traffic(page);
      await page.goto(path);
      await settled(page);
      expect(documents).toEqual([`GET ${path}`]);
      const gaveUp = await page.locator('html[data-broken]').count();
      await use({ page, context, member, person }, () => settled(page));
      if (gaveUp) expect(calls, 'a dead program calls nobody').toEqual([]);
    });
  }

  test(`${path} works after its program broke`, async ({ page, context, member, person }) => {
    if (stranger) await context.clearCookies();
    const { documents, calls } = traffic(page);
    await page.goto(path);
    await hydrated(page);
    await trap(page);
    expect(documents).toEqual([`GET ${path}`]);
    await use({ page, context, member, person }, async () => {
      await hydrated(page);
      await trap(page);
    });
    expect(calls, 'a dead program calls nobody').toEqual([]);
  });
}

test('a translator and a stripping proxy break the program, and it gives up', async ({ page, member }) => {
  for (const meddler of ['a translator', 'a proxy that leaves out comments'] as const) {
    const tab = await page.context().newPage();
    await meddle(tab, meddler);
    await tab.goto('/account');
    await broken(tab);
    await expect(field(tab, 'Name'), member.email).toHaveValue(member.name);
    await tab.close();
  }
});

test('what others only add to a page does not break its program, and comes back', async ({ page, member }) => {
  for (const where of ['beside', 'before'] as const) {
    const tab = await page.context().newPage();
    await meddle(tab, `a password manager ${where} each field`);
    for (const path of ['/account', '/account/security']) {
      await tab.goto(path);
      await hydrated(tab);
      const fields = await tab.locator('main input:not([type=hidden]), main textarea').count();
      const icons = () => tab.locator('main [data-icon-root]').count();
      await expect.poll(icons, `${path} ${member.email}`).toBeGreaterThanOrEqual(fields);
      await expect(tab.locator('html[data-broken]')).toHaveCount(0);
    }
    await tab.close();
  }
});

test('typed text stays when the program breaks', async ({ page, member }) => {
  await page.goto('/account');
  await hydrated(page);
  await field(page, 'Bio').fill('Half a sentence');
  await trap(page);
  await field(page, 'Bio').press('End');
  await page.keyboard.type(', and the rest.');
  await button(page, 'Save profile').click();
  await expect(page.getByText(words.saved), member.email).toBeVisible();
  await expect(field(page, 'Bio')).toHaveValue('Half a sentence, and the rest.');
});

test('the skip link is no step back: a program that breaks after it loads nothing anew', async ({ page, member }) => {
  const { documents } = traffic(page);
  const skip = async () => {
    await page.locator('.skip-link').press('Enter');
    await expect(page).toHaveURL(/#/);
  };
  let fail = () => {};
  const asked = new Promise<void>(resolve => (fail = resolve));
  await page.route('**/*.wasm', async route => (await asked, route.abort()));
  await page.goto('/account');
  await skip();
  fail();
  await broken(page);
  await page.unroute('**/*.wasm');
  await page.goto('/account/security');
  await hydrated(page);
  await skip();
  await trap(page);
  await field(page, 'New password').fill('stays here');
  await expect(field(page, 'New password'), member.email).toHaveValue('stays here');
  expect(documents).toEqual(['GET /account', 'GET /account/security']);
});

test('a program that never gets ready is given up', async ({ page, member }) => {
  await page.route('**/*.wasm', route => route.abort());
  await page.goto('/account');
  await page.evaluate(() => dispatchEvent(new Event('program-starts')));
  await broken(page);
  await signOut(page);
  await expect(page.getByText(member.email)).toHaveCount(0);
});

test('the button wakes up when the program breaks at work, and what it had sent counts', async ({ page, context, member }) => {
  await context.clearCookies();
  const network = await hold(page, '**/fn/login');
  await page.goto('/login?next=/account/security');
  await hydrated(page);
  await fillSignIn(page, member);
  await button(page, 'Sign in').click();
  const submit = page.locator('main button[type=submit]');
  await expect(submit).toHaveText(/…$/);
  await trap(page);
  await expect(submit).toHaveText('Sign in');
  await expect(submit).not.toHaveAttribute('aria-busy', 'true');
  await expect(submit).not.toHaveAttribute('aria-disabled', 'true');
  await expect(field(page, 'Email or username')).toHaveValue(member.email);
  network.release();
  await fresh(page);
  await expect(page).toHaveURL('/account/security');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  expect(network.held).toHaveLength(1);
});

test('a sign-out under way when the program breaks leaves nothing private on screen', async ({ page, member }) => {
  const network = await hold(page, '**/fn/logout');
  await page.goto('/account');
  await hydrated(page);
  await askToSignOut(page);
  await expect.poll(() => network.held.length).toBe(1);
  await trap(page);
  network.release();
  await fresh(page);
  await expect(page.getByText(member.email)).toHaveCount(0);
  await expect(page).not.toHaveURL('/account');
});

test('a link under way when the program breaks still leads there', async ({ page, member }) => {
  const network = await hold(page, '**/fn/profile/load');
  await page.goto('/account/security');
  await hydrated(page);
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect.poll(() => network.held.length).toBe(1);
  await spring(page);
  await expect(page).toHaveURL('/account');
  await expect(field(page, 'Name'), member.email).toHaveValue(member.name);
});

test('Back and Forward load documents once the program broke', async ({ page, member }) => {
  await page.goto('/account');
  await hydrated(page);
  await page.getByRole('link', { name: 'Security' }).click();
  await expect(field(page, 'New password')).toBeVisible();
  await page.keyboard.press('Tab');
  await trap(page);
  await page.goBack();
  await expect(page).toHaveURL('/account');
  await expect(field(page, 'Name'), member.email).toHaveValue(member.name);
});
