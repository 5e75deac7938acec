// Each example is a file of its own that runs: `npm run build && node examples/dist/sign.js`.
export {};
