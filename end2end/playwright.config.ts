import { defineConfig } from '@playwright/test';
import { chromium, chromiumArgs, firefox } from './fixtures/env';
import type { Options } from './fixtures/test';

const executablePath = chromium();
const firefoxPath = firefox();
/** Playwright's own way to set these has no effect on a Firefox that it did not build. */
const firefoxUserPrefs = { 'ui.prefersReducedMotion': 1 };

/** Every page is tested in the states a person may meet it in. */
export default defineConfig<Options>({
  testDir: 'tests',
  globalSetup: './fixtures/global-setup.ts',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  snapshotPathTemplate: 'pictures/{arg}{ext}',
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    // A trace of each test costs a fifth of the time; `--trace on` records one when it is wanted.
    screenshot: 'only-on-failure',
    launchOptions: { ...(executablePath && { executablePath }), args: chromiumArgs },
  },
  projects: [
    { name: 'wasm', use: { state: 'wasm' }, testIgnore: [/(firefox|tls|outage|screenshots|gallery|crowd)\.spec/, /tests\/mail\//] },
    { name: 'noscript', use: { state: 'noscript', javaScriptEnabled: false }, grep: /@plain/ },
    { name: 'blocked', use: { state: 'blocked' }, grep: /@plain|@blocked/ },
    // The main journeys of every page, where the machine has a Firefox.
    ...(firefoxPath
      ? [
          {
            name: 'firefox',
            use: {
              state: 'wasm' as const,
              browserName: 'firefox' as const,
              channel: 'moz-firefox',
              launchOptions: { executablePath: firefoxPath, firefoxUserPrefs },
            },
            grepInvert: /@chromium/,
            testMatch: /(firefox|journey|recovery|email-change|sign-in-code|two-step|invite|sign-up)\.spec/,
          },
        ]
      : []),
    { name: 'tls', testMatch: /tls\.spec/ },
    // Servers that send to a mail server, each with another way to sign up.
    { name: 'mail', testMatch: /tests\/mail\// },
    { name: 'outage', testMatch: /outage\.spec/ },
    // 100,000 people take minutes, so they come on demand only: `npm run crowd`.
    ...(process.env.CROWD ? [{ name: 'crowd', testMatch: /crowd\.spec/ }] : []),
    // Pictures depend on the machine's fonts, so they are taken and compared on demand only.
    ...(process.env.PICTURES ? [{ name: 'pictures', testMatch: /(screenshots|gallery)\.spec/ }] : []),
  ],
});
