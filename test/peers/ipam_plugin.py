#!/usr/bin/env python3
"""A CNI plugin for addresses. Its part of the configuration says what it answers, and where it notes how it was called.

"log": a file that gets a line of JSON a call. "results": the result of each verb. "errors": the error of each verb.
"removes": a file or folder that ADD removes. "versions": those that it speaks, all unless given.
"hang": a verb that ends with the process that called it.
"""
import json
import os
import shutil
import sys
import time

verb = os.environ["CNI_COMMAND"]
configuration = json.load(sys.stdin)
ipam = configuration["ipam"]
versions = ipam.get("versions", [configuration["cniVersion"]])
if verb == "VERSION":
    print(json.dumps({"cniVersion": configuration["cniVersion"], "supportedVersions": versions}))
    sys.exit()
names = ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS", "CNI_PATH", "CNI_ARGS"]
call = {"verb": verb, **{name: os.environ.get(name, "") for name in names}}
call["configuration"] = configuration
call["netns"] = os.readlink("/proc/self/ns/net")
with open(ipam["log"], "a", encoding="utf-8") as log:
    log.write(json.dumps(call) + "\n")
if ipam.get("hang") == verb:
    caller = os.getppid()
    while os.getppid() == caller:
        time.sleep(0.02)
    sys.exit(1)
if verb == "ADD" and "removes" in ipam:
    path = ipam["removes"]
    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
error = ipam.get("errors", {}).get(verb)
if configuration["cniVersion"] not in versions:
    error = {"code": 1, "msg": "incompatible CNI versions"}
if error is not None:
    print(error if isinstance(error, str) else json.dumps(error))
    sys.exit(1)
if verb == "ADD":
    print(json.dumps({"cniVersion": configuration["cniVersion"], **ipam["results"]["ADD"]}))
