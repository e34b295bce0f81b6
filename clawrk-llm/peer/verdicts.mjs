// Starts aimock as a judge that is always content, and runs the program that is given with its
// address and key.
import { spawn } from "node:child_process";
import { LLMock } from "@copilotkit/aimock";

const KEY = "sk-of-aimock";
const content = JSON.stringify({
  criterion_1: { passed: true, reason: "It is.", quote: "written about at some length" },
});

const aimock = new LLMock({ port: 0, auth: { apiKeys: [KEY] }, logLevel: "warn" });
aimock.addFixture({ match: { userMessage: "Group commit" }, response: { content } });

const url = await aimock.start();
const [program, ...more] = process.argv.slice(2);
const child = spawn(program, [...more, url, KEY], { stdio: "inherit" });
process.exitCode = await new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
await aimock.stop();
