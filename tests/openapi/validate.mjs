// SPDX-License-Identifier: Apache-2.0
// Reads an OpenAPI document and says on standard output, as JSON, what is wrong with it: {"version": "3.1", "errors": []}.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(readFileSync(0, "utf8")));

process.stdout.write(JSON.stringify({ version: validator.version, errors: valid ? [] : errors }));
