"""What a script in Python does with a response: requests, json, a count by model.

usage: python_client.py URL CA-FILE    prints one line of JSON
"""
import collections
import json
import re
import sys
import time

import requests

url, authority = sys.argv[1:]
start = time.monotonic()
response = requests.get(url, verify=authority, timeout=600)
records = response.json()
models = collections.Counter(record["model"]["then"]["name"] for record in records)
print(json.dumps({
    "records": len(records), "models": len(models), "bytes": len(response.content), "seconds": time.monotonic() - start,
    "peak_kilobytes": int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read()).group(1))}))
