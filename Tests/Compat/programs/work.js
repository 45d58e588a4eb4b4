// JSON, buffers, workers, compression, a child process: prints sums that do not depend on time or addresses.
const { createHash } = require('crypto');
const { execFileSync } = require('child_process');
const { gzipSync, gunzipSync } = require('zlib');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

function work(seed, count) {
  let state = seed;
  const random = (limit) => ((state = (state * 1103515245 + 12345) & 0x7fffffff) >>> 8) % limit;
  const rows = Array.from({ length: count }, (_, i) => ({ id: i, text: 'w'.repeat(random(200)), list: [random(9), random(99)] }));
  const text = JSON.stringify(rows);
  const packed = gunzipSync(gzipSync(Buffer.from(text)));
  if (packed.toString() !== text) throw new Error('gzip');
  return createHash('sha256').update(JSON.stringify(JSON.parse(text).sort((a, b) => a.text.length - b.text.length || a.id - b.id))).digest('hex');
}

if (isMainThread) {
  console.log(work(1, 30000));
  const jobs = [2, 3, 4].map((seed) => new Promise((done, fail) => {
    new Worker(__filename, { workerData: seed }).on('message', done).on('error', fail);
  }));
  Promise.all(jobs).then((all) => {
    all.forEach((each) => console.log(each));
    const buffers = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i * 4096 + 1, i & 255));
    console.log(buffers.reduce((sum, each) => sum + each.length + each[each.length - 1], 0));
    console.log(execFileSync(process.execPath, ['-e', 'console.log([1,2,3].map((x) => x * x).join())']).toString());
    process.exitCode = 3;
  });
} else {
  parentPort.postMessage(work(workerData, 8000));
}
