import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../fixtures/env';
import { button, field, fieldError } from '../../fixtures/forms';
import { members, strangers } from '../../fixtures/pages';
import { expect, register, test } from '../../fixtures/test';
import type { Page } from '@playwright/test';

function tokens(): string[] {
  const sheet = readFileSync(join(root, 'style/tokens.css'), 'utf8');
  return [...new Set([...sheet.matchAll(/^\s*(--[\w-]+)\s*:/gm)].map(match => match[1]!))];
}

/** Every computed size, gap, radius and colour that no token in style/tokens.css stands for. */
async function strays(page: Page): Promise<string[]> {
  return page.evaluate(all => {
    const probe = document.body.appendChild(document.createElement('div'));
    const resolve = (property: string, token: string) => {
      probe.style.setProperty(property, `var(${token})`);
      const value = getComputedStyle(probe).getPropertyValue(property);
      probe.style.removeProperty(property);
      return value;
    };
    const text = (token: string) => getComputedStyle(document.documentElement).getPropertyValue(token);
    const colours = all.filter(token => CSS.supports('color', text(token)));
    const lengths = all.filter(token => CSS.supports('width', text(token)));
    const colour = new Set([...colours.map(token => resolve('color', token)), 'rgba(0, 0, 0, 0)']);
    const length = new Set([...lengths.map(token => resolve('width', token)), '0px', 'normal', '50%']);
    const size = new Set(lengths.map(token => resolve('font-size', token)));
    probe.remove();

    const kinds: [string, Set<string>][] = [
      ['color', colour],
      ['background-color', colour],
      ['font-size', size],
      ['row-gap', length],
      ['column-gap', length],
      ['border-top-left-radius', length],
      ['border-bottom-right-radius', length],
    ];
    const found = new Set<string>();
    for (const element of document.querySelectorAll('body, body *:not(svg *):not(script):not(template)')) {
      const style = getComputedStyle(element);
      const borders = ['top', 'right', 'bottom', 'left'].filter(side => style.getPropertyValue(`border-${side}-style`) !== 'none');
      const checks = [...kinds, ...borders.map(side => [`border-${side}-color`, colour] as [string, Set<string>])];
      for (const [property, allowed] of checks) {
        const value = style.getPropertyValue(property);
        const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''}`;
        if (!allowed.has(value)) found.add(`${name} ${property}: ${value}`);
      }
    }
    return [...found];
  }, tokens());
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every size, gap, radius and colour is a token (${colorScheme})`, async ({ page, context, person, baseURL, visit }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const path of [...strangers, '/login/code?step=enter']) await tokensOnly(path);
    await page.goto('/dev/gallery');
    expect(await strays(page), 'gallery').toEqual([]);
    await page.goto('/dev/mail');
    expect(await strays(page), 'mailbox').toEqual([]);
    await visit('/register');
    await button(page, 'Create account').click();
    await expect(fieldError(page, 'email')).toBeVisible();
    expect(await strays(page), 'errors').toEqual([]);
    await register(context, person, baseURL!);
    for (const path of members) await tokensOnly(path);
    await visit('/account');
    await field(page, 'Bio').fill('x');
    await button(page, 'Save profile').click();
    await expect(page.getByText('Profile saved.')).toBeVisible();
    expect(await strays(page), 'done').toEqual([]);

    async function tokensOnly(path: string): Promise<void> {
      await visit(path);
      expect(await strays(page), path).toEqual([]);
    }
  });
}

test('no page carries an inline style @plain', async ({ page, context, person, baseURL, visit }) => {
  for (const path of strangers) await plain(path);
  await register(context, person, baseURL!);
  for (const path of members) await plain(path);

  async function plain(path: string): Promise<void> {
    await visit(path);
    await expect(page.locator('[style], style'), path).toHaveCount(0);
  }
});
