// page.js - exported pages, computed by node and driven in Chromium.
//
//   node page.js numbers PAGE NUMBERS TOLERANCE   the generator of the page alone, without a browser
//   node page.js drive CHROMIUM PAGE NUMBERS TOLERANCE PICTURES DIRECTORY
//
// NUMBERS is a file of test_export_page: latent vectors, labels, and the library's outputs.  PICTURES is
// how many a second the page has to draw; screenshots and the download go to the directory.
"use strict";
const fs = require("fs"), path = require("path"), vm = require("vm");
const { spawn } = require("child_process");

// On a busy machine everything may take ten times as long; GAN_TEST_SPEED=1 says that it is quiet.
const patience = process.env.GAN_TEST_SPEED ? 1 : 10;

function fail(text) {
  console.error(text);
  process.exit(1);
}

function check(good, text) {
  if (!good) fail(text);
}

function farthest(found, wanted) {
  check(found.length === wanted.length, found.length + " numbers, " + wanted.length + " expected");
  return wanted.reduce((most, v, i) => (Math.abs(v - found[i]) <= most ? most : Math.abs(v - found[i])), 0);
}

function judge(name, found, numbers, tolerance) {
  const most = Math.max(...found.map((image, i) => farthest(image, numbers.images[i])));
  const largest = Math.max(...numbers.images.flat().map(Math.abs), 1);
  console.log(`${name}: differs by at most ${most.toPrecision(3)} of ${largest.toPrecision(3)}`);
  check(most <= tolerance * largest, `${name}: at most ${tolerance} expected`);
}

// ---- by node -------------------------------------------------------------------------------------

async function compute(page, numbers) {
  const text = fs.readFileSync(page, "utf8");
  const part = (id) => text.match(new RegExp(`<script type="text/plain" id="${id}">([^<]*)<`))[1];
  const script = text.match(/<script>\n([\s\S]*?)<\/script>/)[1].split("/* ---- latent vectors ---- */")[0];
  const context = vm.createContext({ atob, WebAssembly, document: { getElementById: (id) => ({ textContent: part(id) }) } });
  const run = await vm.runInContext(`${script}; let m = null; make_run()`, context);
  return numbers.z.map((z, i) => Array.from(run(z, numbers.labels[i])));
}

// ---- in Chromium ---------------------------------------------------------------------------------

// The DevTools protocol over a pipe: messages of JSON that end with a zero byte.
class Browser {
  constructor(program, profile) {
    this.child = spawn(program, ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
      "--user-data-dir=" + profile, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.waiting = new Map();
    this.events = [];
    this.number = 0;
    let rest = "";
    this.child.stdio[4].setEncoding("utf8");
    this.child.stdio[4].on("data", (data) => {
      const messages = (rest + data).split("\0");
      rest = messages.pop();
      messages.forEach((text) => this.take(JSON.parse(text)));
    });
  }
  take(message) {
    if (message.id === undefined) return void this.events.push(message);
    const { resolve, reject } = this.waiting.get(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  }
  send(method, params = {}) {
    const id = ++this.number;
    this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }
  async open(page) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await this.send(domain + ".enable");
    await this.send("Page.navigate", { url: "file://" + path.resolve(page) });
    await this.until("typeof state === 'object' && state.first > 0");
  }
  async value(expression) {
    const answer = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (answer.exceptionDetails) throw new Error(expression + ": " + JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }
  async until(expression) {
    for (let i = 0; i < 600; i++) {
      if (await this.value(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    fail("this should come true: " + expression);
  }
  async click(selector) {
    const { x, y } = await this.value(`(() => { const e = document.querySelector(${JSON.stringify(selector)});
      e.scrollIntoView({ block: "center" }); const r = e.getBoundingClientRect();
      return { x: r.left + r.width / 2, y: r.top + r.height / 2 }; })()`);
    for (const type of ["mousePressed", "mouseReleased"])
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }
  async press(key, code = key, windowsVirtualKeyCode = 0) {
    const text = key.length === 1 ? key : undefined;
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, code, text, windowsVirtualKeyCode });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode });
  }
  async photograph(file) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    fs.writeFileSync(file, Buffer.from(data, "base64"));
    check(fs.statSync(file).size > 5000, file + " is empty");
  }
}

// Something that is done has to change the picture, or to leave it.
async function changes(browser, what, action) {
  const picture = "document.getElementById('picture').toDataURL()";
  const before = await browser.value(picture);
  await action();
  await browser.value("new Promise(requestAnimationFrame)");
  check((await browser.value(picture)) !== before, what + " should change the picture");
}

async function use(browser, directory) {
  const classes = await browser.value("model.classes.length");
  await changes(browser, "New sample", () => browser.click("#new"));
  await changes(browser, "the key N", () => browser.press("n"));
  const sliders = await browser.value("document.querySelectorAll('#sliders input').length");
  check(sliders > 0, "there should be sliders");
  for (let i = 0; i < sliders; i++)
    await changes(browser, "slider " + (i + 1), async () => {
      await browser.value(`document.querySelectorAll("#sliders input")[${i}].focus()`);
      for (let k = 0; k < 40; k++) await browser.press("ArrowRight", "ArrowRight", 39);
    });
  check(/^Direction \d at -?\d/.test(await browser.value("find('status').textContent")), "a slider should say where it is");
  for (let i = 1; i < Math.min(classes, 3); i++)
    await changes(browser, "class " + i, () => browser.click(`#classes button:nth-child(${i + 1})`));
  if (classes > 0) await changes(browser, "the key 0", () => browser.press("0"));
  await browser.click("#many");
  check((await browser.value("document.querySelectorAll('#grid canvas').length")) === 16, "the grid should have 16 samples");
  await changes(browser, "a sample of the grid", () => browser.click("#grid button:nth-child(6)"));
  // A seed is a sample: the same again.
  const picture = "document.getElementById('picture').toDataURL()", set = (seed) => `find('seed').value = ${seed}, find('seed').onchange()`;
  await browser.value(set(42));
  const first = await browser.value(picture);
  await browser.value(set(43));
  check((await browser.value(picture)) !== first, "seeds should differ");
  await browser.value(set(42));
  check((await browser.value(picture)) === first, "the same seed should be the same sample");
  // The way from one seed to another ends at both.
  await browser.value("find('from').value = 42, find('to').value = 43, find('way').value = 0, find('way').oninput()");
  check((await browser.value(picture)) === first, "a way should begin at its seed");
  await changes(browser, "the way", () => browser.value("find('way').value = 1, find('way').oninput()"));
  await browser.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: path.resolve(directory) });
  await browser.press("d");
  await browser.until("state.saved > 0");
  for (let i = 0; i < 100 && !fs.existsSync(path.join(directory, "sample-42.png")); i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const png = fs.readFileSync(path.join(directory, "sample-42.png"));
  check(png.toString("latin1", 1, 4) === "PNG", "the download should be a PNG");
}

// Every control has a name for those who don't see it.
async function listen_to(browser) {
  await browser.send("Accessibility.enable");
  const { nodes } = await browser.send("Accessibility.getFullAXTree");
  const kinds = { button: 0, slider: 0, spinbutton: 0, image: 0, status: 0 };
  for (const node of nodes) {
    const role = node.role && node.role.value;
    if (node.ignored || !(role in kinds)) continue;
    kinds[role]++;
    check(role === "status" || (node.name && node.name.value), "a " + role + " has no name");
  }
  for (const role in kinds) check(kinds[role] > 0, "there should be a " + role);
}

async function look(browser, directory) {
  for (const [width, height] of [[1280, 900], [360, 740]]) {
    await browser.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 500 });
    await browser.value("scrollTo(0, 0)");
    const wide = await browser.value("document.documentElement.scrollWidth");
    check(wide <= width, `the page is ${wide} pixels wide on ${width}`);
    await browser.photograph(path.join(directory, `page-${width}.png`));
  }
  await browser.send("Emulation.clearDeviceMetricsOverride");
}

async function drive(program, page, numbers, tolerance, pictures, directory) {
  const browser = new Browser(program, path.join(directory, "profile"));
  const timer = setTimeout(() => { browser.child.kill(); fail("the browser hangs"); }, 110000);
  await browser.open(page);
  const first = await browser.value("state.first");
  const found = await browser.value(`Promise.resolve(${JSON.stringify(numbers.z)}.map((z, i) =>
    Array.from(state.run(z, ${JSON.stringify(numbers.labels)}[i]))))`);
  judge(page, found, numbers, tolerance);
  await use(browser, directory);
  await listen_to(browser);
  await look(browser, directory);
  // How long a picture takes, and how many a walk shows.
  const took = await browser.value("(() => { const all = []; for (let i = 0; i < 60; i++) { show(); all.push(state.took); } return all.sort((a, b) => a - b)[30]; })()");
  await browser.click("#walk");
  await browser.until("state.frames >= 10");
  const frames = await browser.value("(async () => { const begun = performance.now(), before = state.frames; await new Promise((r) => setTimeout(r, 1000)); return (state.frames - before) / (performance.now() - begun) * 1000; })()");
  await browser.press("w");
  check((await browser.value("state.walking")) === 0, "the key W should end the walk");
  console.log(`${page}: first picture after ${first.toFixed(0)} ms; a picture takes ${took.toFixed(2)} ms; a walk shows ${frames.toFixed(0)} a second`);
  check(first < 1000 * patience, "the first picture is to come within a second");
  check(1000 / took * patience >= pictures, `${pictures} pictures a second expected`);
  for (const { method, params } of browser.events) {
    check(method !== "Runtime.exceptionThrown", "the page throws: " + JSON.stringify(params));
    check(method !== "Log.entryAdded" || params.entry.level !== "error", "the page logs: " + JSON.stringify(params));
    check(method !== "Network.requestWillBeSent" || /^(file|data|blob):/.test(params.request.url), "the page asks for " + JSON.stringify(params));
  }
  clearTimeout(timer);
  browser.child.kill();
}

async function main([what, ...rest]) {
  const program = what === "drive" ? rest.shift() : "";
  const [page, file, tolerance, pictures, directory] = rest, numbers = JSON.parse(fs.readFileSync(file, "utf8"));
  if (what === "drive") await drive(program, page, numbers, Number(tolerance), Number(pictures), directory);
  else judge(page, await compute(page, numbers), numbers, Number(tolerance));
}
main(process.argv.slice(2)).catch((error) => fail(error.stack));
