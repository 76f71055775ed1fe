import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { CniError, INCOMPATIBLE_VERSION, INVALID_ENVIRONMENT, IPAM_FAILED } from './cni-error.js';
import type { Invocation, Verb } from './invocation.js';
import { membersOf } from './json-object.js';
import { type NetworkResult, readResult } from './network-result.js';

/** Room for the result of a plugin, in bytes. */
const OUTPUT_BYTES_MAX = 2 ** 24;

/** What a configuration says of its IPAM plugin. */
export interface IpamChoice {
  readonly ipam: string;
  readonly cniVersion: string;
}

/** An IPAM plugin. It runs in the network namespace of the runtime, with the configuration of the network. */
export class IpamPlugin {
  readonly #name: string;
  readonly #folders: readonly string[];
  readonly #version: string;
  readonly #configuration: string;

  /** Each run looks for it in the folders of CNI_PATH. */
  constructor(
    { ipam, cniVersion }: IpamChoice,
    { folders }: Pick<Invocation, 'folders'>,
    configuration: string,
  ) {
    this.#name = ipam;
    this.#version = cniVersion;
    this.#folders = folders;
    this.#configuration = configuration;
  }

  /** Throws a CniError if it is not there. */
  assertPresent(): void {
    this.#find();
  }

  /** Asks for addresses. */
  add(): NetworkResult {
    const result = readResult(this.#answer('ADD'), `the result of IPAM plugin "${this.#name}"`);
    if (result.ips.length === 0)
      throw new CniError(IPAM_FAILED, `cannot use IPAM plugin "${this.#name}": its result has no address`);
    return result;
  }

  /**
   * Runs a verb that has no result. Throws the plugin's own error as a CniError.
   *
   * @param environment variables in place of those of the runtime
   */
  run(verb: Exclude<Verb, 'ADD' | 'VERSION'>, environment: NodeJS.ProcessEnv = {}): void {
    this.#answer(verb, environment);
  }

  #answer(verb: Verb, environment: NodeJS.ProcessEnv = {}): unknown {
    const { error, status, signal, stdout } = this.#spawn(verb, environment);
    // A plugin may end without reading its input.
    if (error !== undefined && !(status === 0 && 'code' in error && error.code === 'EPIPE'))
      throw new CniError(IPAM_FAILED, `cannot run IPAM plugin "${this.#name}": ${error.message}`);
    const value = readJson(stdout);
    if (status === 0) return value;
    const end = signal === null ? `it ended with status ${status}` : `${signal} ended it`;
    throw this.#incompatibility(verb) ?? this.#failure(verb, value, end);
  }

  #spawn(verb: Verb, environment: NodeJS.ProcessEnv) {
    return spawnSync(this.#find(), [], {
      env: { ...process.env, CNI_COMMAND: verb, ...environment },
      input: this.#configuration,
      // Standard error is shared. Standard output is not: rtap prints a result of its own.
      stdio: ['pipe', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
    });
  }

  /** An older plugin does not know newer verbs, and its own error does not say why. Returns undefined if the plugin speaks the version. */
  #incompatibility(verb: Verb): CniError | undefined {
    const versions = membersOf(readJson(this.#spawn('VERSION', {}).stdout))?.get('supportedVersions');
    if (!Array.isArray(versions) || versions.includes(this.#version)) return undefined;
    return new CniError(
      INCOMPATIBLE_VERSION,
      `cannot run "${verb}" of IPAM plugin "${this.#name}": it does not speak "cniVersion" "${this.#version}"`,
      `set "cniVersion" to one that it speaks: ${versions.join(', ')}`,
    );
  }

  #find(): string {
    const name = this.#name;
    if (this.#folders.length === 0)
      throw new CniError(INVALID_ENVIRONMENT, `cannot find IPAM plugin "${name}": CNI_PATH not set`);
    const program = this.#folders.map((folder) => join(folder, name)).find(isExecutable);
    if (program !== undefined) return program;
    throw new CniError(
      IPAM_FAILED,
      `cannot find IPAM plugin "${name}": it is not in ${this.#folders.join(', ')}`,
    );
  }

  #failure(verb: Verb, value: unknown, end: string): CniError {
    const answer = membersOf(value);
    const { code, msg, details } = Object.fromEntries(answer ?? []) as Record<string, unknown>;
    const what = `cannot run "${verb}" of IPAM plugin "${this.#name}"`;
    if (typeof code !== 'number' || typeof msg !== 'string')
      return new CniError(IPAM_FAILED, `${what}: ${end}`);
    return new CniError(code, `${what}: ${msg}`, typeof details === 'string' ? details : undefined);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
