import { button, field, fillSignIn, menu, words } from '../../fixtures/forms';
import { mailTo } from '../../fixtures/mail';
import { expect, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

/** Presses Tab through the page; the names of what got the focus, in order, each with a visible ring. */
async function tabThrough(page: Page): Promise<string[]> {
  const names: string[] = [];
  for (let stop = 0; stop < 40; stop += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      if (!element || element === document.body) return null;
      const labels = (element as HTMLInputElement).labels;
      const label = labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? element.textContent;
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      return { name: label!.replace(/\s+/g, ' ').trim(), ring, seen: box.width > 0 && box.bottom > 0 };
    });
    if (!focus) break;
    expect(focus, `focus on "${focus.name}"`).toMatchObject({ ring: true, seen: true });
    names.push(focus.name);
  }
  return names;
}

function inOrder(names: string[], wanted: RegExp[]): void {
  let from = 0;
  for (const want of wanted) {
    const at = names.findIndex((name, index) => index >= from && want.test(name));
    expect(at, `${want} after ${names[from - 1] ?? 'the start'} in ${names.join(' → ')}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
}

const orders: Record<string, RegExp[]> = {
  '/': [/^Skip/, /^Create account$/, /^Sign in$/],
  '/login': [/^Skip/, /^Email or username/, /^Password/, /^Keep me signed in/, /^Forgot your password/, /^Sign in$/, /^Email me a code/, /^Create an account$/],
  '/login/code': [/^Skip/, /^Email or username/, /^Email me a code$/, /^I have a code$/, /^Sign in$/],
  '/login/code?step=enter': [/^Skip/, /^Email or username/, /^Code/, /^Keep me signed in/, /^Sign in$/, /^Get a new code$/],
  '/register': [/^Skip/, /^Name/, /^Email/, /^Password/, /^Create account$/, /^Sign in$/],
  '/forgot': [/^Skip/, /^Email/, /^Send email$/, /^Enter it$/, /^Sign in$/],
  '/reset': [/^Skip/, /^Email/, /^Code/, /^New password/, /^Change password$/, /^Ask for a new one$/],
  '/verify': [/^Skip/, /^Email/, /^Code/, /^Password/, /^Confirm email$/, /^This wasn't me$/],
  '/invite': [/^Skip/, /^Email/, /^Code/, /^Name/, /^Password/, /^Create account$/, /^Sign in$/],
  '/not-me': [/^Skip/, /^Email/, /^Code/, /^Take my account back$/],
  '/account': [/^Skip/, /^Profile$/, /^Security$/, /^Name/, /^First name/, /^Last name/, /^Username/, /^Bio/, /^Save profile$/],
  '/account/security': [/^Skip/, /^Current password/, /^New password/, /^Change password$/],
};

for (const [path, order] of Object.entries(orders)) {
  test(`${path}: Tab goes through in reading order, with a visible focus @blocked`, async ({ page, context, member, visit }) => {
    if (!path.startsWith('/account')) await context.clearCookies();
    await visit(path);
    const names = await tabThrough(page);
    inOrder(names, order);
    if (path.startsWith('/account')) inOrder(names, [/^Security$/, new RegExp(`^Account menu for ${member.name}`)]);
  });
}

test('the mails of a developer are read without a mouse', async ({ page, member }) => {
  const { id, subject } = await mailTo(member.email, /^Confirm your email/);
  await page.goto('/dev/mail');
  inOrder(await tabThrough(page), [new RegExp(`^${subject}$`)]);
  await page.locator(`a[href="/dev/mail/${id}"]`).press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(subject);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'All mails' })).toBeFocused();
});

test('the skip link leads past the header @blocked', async ({ page, member, visit }) => {
  await visit('/account');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const inside = await page.evaluate(() => Boolean(document.activeElement?.closest('main')));
  expect(inside, member.email).toBe(true);
});

test('signing in, saving and signing out need no mouse @plain', async ({ page, context, member, visit }) => {
  await context.clearCookies();
  await visit('/login');
  await field(page, 'Email or username').focus();
  await page.keyboard.type(member.email);
  await field(page, 'Password').focus();
  await page.keyboard.type(member.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/account');
  await field(page, 'First name').focus();
  await page.keyboard.type('Ana');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Profile saved.')).toBeVisible();
  await menu(page).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(button(page, 'Sign out')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/');
});

test('password managers find what they look for @plain', async ({ page, person, visit }) => {
  const form = (name: string) => page.locator(`main [name="form[${name}]"]`);
  await visit('/login');
  await expect(form('identifier')).toHaveAttribute('autocomplete', 'username webauthn');
  await expect(form('password')).toHaveAttribute('autocomplete', 'current-password');
  await visit('/register');
  await expect(form('name')).toHaveAttribute('autocomplete', 'name');
  await expect(form('email')).toHaveAttribute('autocomplete', 'username');
  await expect(form('email')).toHaveAttribute('inputmode', 'email');
  await expect(form('password')).toHaveAttribute('autocomplete', 'new-password');
  await form('email').fill(person.email);
  await form('password').fill(person.password);
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/account');
  await visit('/account/security');
  await expect(form('current_password')).toHaveAttribute('autocomplete', 'current-password');
  await expect(form('new_password')).toHaveAttribute('autocomplete', 'new-password');
  const username = page.locator('main form input[autocomplete=username]');
  await expect(username).toHaveValue(person.email);
  expect(await username.getAttribute('name')).toBeNull();
});

test('pasting a password is welcome', async ({ page, context, person, visit }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await visit('/login');
  await page.evaluate(text => navigator.clipboard.writeText(text), person.password);
  await field(page, 'Password').focus();
  await page.keyboard.press('ControlOrMeta+v');
  await expect(field(page, 'Password')).toHaveValue(person.password);
});

test('nothing moves for people who asked for less motion', async ({ page, member, visit, context }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const paths = ['/account', '/account/security', '/', '/login', '/register'];
  for (const path of paths) {
    if (path === '/') await context.clearCookies();
    await visit(path);
    const moving = await page.evaluate(() => {
      const seconds = (list: string) => Math.max(...list.split(',').map(parseFloat));
      return [...document.querySelectorAll('*')]
        .filter(element => {
          const style = getComputedStyle(element);
          const animated = style.animationName !== 'none' && seconds(style.animationDuration) > 0.01;
          return animated || seconds(style.transitionDuration) > 0.01;
        })
        .map(element => element.outerHTML.slice(0, 80));
    });
    expect(moving, `${path} ${member.email}`).toEqual([]);
  }
});

test('a failing sign-in is announced once', async ({ page, person, visit }) => {
  await visit('/login');
  await fillSignIn(page, person);
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toHaveText(`${words.wrongPassword} Reset your password`);
  await expect(page.getByText(words.wrongPassword)).toHaveCount(1);
});
