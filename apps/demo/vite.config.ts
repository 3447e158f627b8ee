import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: "page",
  // Everything comes from this server: no other origin, and nothing inlined that a CSP would refuse.
  base: "/",
  build: { outDir: "../dist/page", emptyOutDir: true, assetsInlineLimit: 0, target: "es2022" },
  plugins: [react()],
});
