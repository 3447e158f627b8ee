import { writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";

/** Profiles this process until `finish` is called, which writes the profile to a file. */
export async function profileThisProcess(): Promise<{ finish(file: string): Promise<void> }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  return {
    finish: async (file) => {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      await writeFile(file, JSON.stringify(profile));
    },
  };
}
