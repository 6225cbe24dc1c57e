import js from "@eslint/js";
import globals from "globals";

export default [
  // Vendored, as it came.
  { ignores: ["assets/00-*"] },
  js.configs.recommended,
  { languageOptions: { sourceType: "script", globals: globals.browser } },
];
