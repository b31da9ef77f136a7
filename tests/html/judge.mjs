// Is a page that exdiag has written accessible, silent, and no wider than its screen?
// node judge.mjs CHROMIUM AXE.js FOLDER-FOR-SCREENSHOTS PAGE...
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [chromium, script, folder, ...pages] = process.argv.slice(2);
const axe = readFileSync(script, 'utf8');
const profile = mkdtempSync(join(tmpdir(), 'exdiag-html-'));
const options = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe',
  `--user-data-dir=${profile}`, 'about:blank'];
const browser = spawn(chromium, options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

// The DevTools protocol over a pipe: JSON, each message ended by a zero byte.
const waiting = new Map();
let [next, rest, heard] = [0, '', () => {}];
browser.stdio[4].setEncoding('utf8').on('data', (data) => {
  const parts = (rest + data).split('\0');
  rest = parts.pop();
  for (const message of parts.map((part) => JSON.parse(part))) {
    if (message.id === undefined) heard(message);
    else if (message.error) waiting.get(message.id)[1](new Error(message.error.message));
    else waiting.get(message.id)[0](message.result);
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((done, failed) => {
  waiting.set(++next, [done, failed]);
  browser.stdio[3].write(JSON.stringify({ id: next, method, params, sessionId }) + '\0');
});

const faults = [];
async function judge(page) {
  const url = pathToFileURL(resolve(page)).href;
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method, params) => send(method, params, sessionId);
  const fault = (what) => faults.push(`${basename(page)}: ${what}`);
  let loaded;
  const whole = new Promise((done) => { loaded = done; });
  heard = ({ method, params }) => {
    if (method === 'Network.requestWillBeSent' && params.request.url !== url) fault(`asks for ${params.request.url}`);
    if (method === 'Log.entryAdded' && params.entry.level === 'error') fault(`console: ${params.entry.text}`);
    if (method === 'Runtime.exceptionThrown' || method === 'Runtime.consoleAPICalled') fault('a script has run');
    if (method === 'Page.loadEventFired') loaded();
  };
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await ask(`${domain}.enable`);
  await ask('Page.navigate', { url });
  await whole;
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  // what is folded is judged too
  const fold = (open) => evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = ${open}; })`);
  await fold(true);
  await evaluate(axe);
  for (const [name, width, scheme, media] of [['wide', 1200, 'light', 'screen'], ['dark', 1200, 'dark', 'screen'],
    ['narrow', 360, 'light', 'screen'], ['narrow-dark', 360, 'dark', 'screen'], ['paper', 794, 'light', 'print']]) {
    await ask('Emulation.setEmulatedMedia', { media, features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    const wide = await evaluate('document.documentElement.scrollWidth');
    if (wide > width) fault(`${name}: ${wide} px wide on ${width} px`);
    const violations = await evaluate(`axe.run(document).then(({ violations }) => violations.map(({ id, help, nodes }) =>
      id + ': ' + help + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')))`);
    violations.forEach((violation) => fault(`${name}: ${violation}`));
    // a picture is of what a reader sees first; paper shows everything
    await fold(media === 'print');
    const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: true });
    writeFileSync(join(folder, `${basename(page, '.html')}-${name}.png`), Buffer.from(data, 'base64'));
    await fold(true);
  }
  await send('Target.closeTarget', { targetId });
}

try {
  for (const page of pages) await judge(page);
} finally {
  browser.kill();
  await new Promise((ended) => { browser.once('exit', ended); });
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
faults.forEach((fault) => console.error(fault));
console.log(`${pages.length} pages judged by axe-core and Chromium, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
