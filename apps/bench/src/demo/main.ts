import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeReport } from "../report.ts";
import { startDemo } from "./demo-process.ts";
import { runLoad } from "./load.ts";
import { type LoadModel, startLoadModel } from "./load-model.ts";
import { isComplete, loadReport, type Measurement } from "./load-report.ts";
import { loadOptions } from "./options.ts";
import { machineCpuSeconds, usageOf } from "./processes.ts";
import { type ProcessProfile, readProfile } from "./profile.ts";
import { profileThisProcess } from "./self-profile.ts";

// Measures the demo under load: all its processes as they are, a model that puts the time into its tokens,
// and readers whose connections are cut. Then once more, with profiles that show where the time goes.

const preface =
  "One system without a peer to compare it with: the times depend on this machine and on whatever else ran on it.";

const options = loadOptions();
const { conversations, rate } = options;
const model = await startLoadModel(rate);
try {
  const measurement = await measure(model);
  const profiles = options.profileSeconds > 0 ? await profile(model) : [];
  const body = loadReport(options, measurement, profiles);
  await writeReport("demo", "The demo under load", body, preface);
  if (!isComplete(options, measurement)) process.exitCode = 1;
} finally {
  model.close();
}

async function measure(model: LoadModel): Promise<Measurement> {
  const demo = await startDemo(model.url, options);
  const usages = () => Promise.all(demo.processes.map(({ pid }) => usageOf(pid)));
  try {
    model.tokens = rate * options.warmUpSeconds;
    if (model.tokens > 0) await runLoad(demo.url, conversations);
    model.tokens = rate * options.seconds;
    const [before, machineBefore] = [await usages(), machineCpuSeconds()];
    const started = performance.now();
    const results = await runLoad(demo.url, conversations);
    const elapsedSeconds = (performance.now() - started) / 1000;
    const [after, machineAfter] = [await usages(), machineCpuSeconds()];
    const processes = demo.processes.map(({ name }, index) => ({
      name,
      cpuSeconds: (after[index]?.cpuSeconds ?? 0) - (before[index]?.cpuSeconds ?? 0),
      rssBytes: after[index]?.rssBytes ?? 0,
    }));
    return { results, processes, elapsedSeconds, machineCpuSeconds: machineAfter - machineBefore };
  } finally {
    await demo.stop();
  }
}

async function profile(model: LoadModel): Promise<ProcessProfile[]> {
  const folder = options.profileDir ?? (await mkdtemp(join(tmpdir(), "freshet-profile-")));
  try {
    const demo = await startDemo(model.url, options, folder);
    const own = await profileThisProcess();
    try {
      model.tokens = rate * options.profileSeconds;
      await runLoad(demo.url, conversations);
    } finally {
      await demo.stop();
      await own.finish(join(folder, "bench.cpuprofile"));
    }
    return await Promise.all(
      demo.processes.map(({ name }) =>
        readProfile(name, join(folder, `${name.split(" ")[0] ?? name}.cpuprofile`)),
      ),
    );
  } finally {
    if (options.profileDir === undefined) await rm(folder, { recursive: true });
  }
}
