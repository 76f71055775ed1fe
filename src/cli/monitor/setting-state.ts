import { readAddressFilter } from '../../tap/device/address-filter.js';
import { readSteering } from '../../tap/steer/steering.js';
import { type FilterJson, filterJson, type SteeringJson, steeringJson } from '../arguments/setting-text.js';

/** The settings of a device that only rtap remembers, as in `show --json`. */
export interface SettingState {
  readonly steer: SteeringJson;
  readonly filter: FilterJson;
}

/** Reads the settings of the device with this index. */
export function readSettings(index: number): SettingState {
  return { steer: steeringJson(readSteering({ index })), filter: filterJson(readAddressFilter({ index })) };
}
