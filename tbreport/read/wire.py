"""Message classes for tbreport.proto, in a descriptor pool of their own.

The private pool lets tensorflow, torch or tensorboard live in the same process: in the default pool
their ``tensorboard.Event`` and ours would clash. The descriptor is embedded instead of protoc's
generated module, which refuses to load under protobuf runtimes older than the protoc that made it.
"""

from __future__ import annotations

import base64
import functools
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError

__all__ = ["DecodeError", "message"]

# Made by `python -m tbreport.read.wire`; a test holds it against tbreport.proto.
_DESCRIPTOR = (
    "Cg50YnJlcG9ydC5wcm90bxINdGJyZXBvcnQud2lyZSKmAwoFRXZlbnQSGwoJd2FsbF90aW1lGAEgASgBUgh3YWxsVG"
    "ltZRISCgRzdGVwGAIgASgDUgRzdGVwEiEKDGZpbGVfdmVyc2lvbhgDIAEoDFILZmlsZVZlcnNpb24SGwoJZ3JhcGhf"
    "ZGVmGAQgASgMUghncmFwaERlZhIwCgdzdW1tYXJ5GAUgASgLMhYudGJyZXBvcnQud2lyZS5TdW1tYXJ5UgdzdW1tYX"
    "J5EjoKC3Nlc3Npb25fbG9nGAcgASgLMhkudGJyZXBvcnQud2lyZS5TZXNzaW9uTG9nUgpzZXNzaW9uTG9nElAKE3Rh"
    "Z2dlZF9ydW5fbWV0YWRhdGEYCCABKAsyIC50YnJlcG9ydC53aXJlLlRhZ2dlZFJ1bk1ldGFkYXRhUhF0YWdnZWRSdW"
    "5NZXRhZGF0YRIkCg5tZXRhX2dyYXBoX2RlZhgJIAEoDFIMbWV0YUdyYXBoRGVmEkYKD3NvdXJjZV9tZXRhZGF0YRgK"
    "IAEoCzIdLnRicmVwb3J0LndpcmUuU291cmNlTWV0YWRhdGFSDnNvdXJjZU1ldGFkYXRhIjUKB1N1bW1hcnkSKgoFdm"
    "FsdWUYASADKAsyFC50YnJlcG9ydC53aXJlLlZhbHVlUgV2YWx1ZSKlAgoFVmFsdWUSEAoDdGFnGAEgASgMUgN0YWcS"
    "IwoMc2ltcGxlX3ZhbHVlGAIgASgCSABSC3NpbXBsZVZhbHVlEkEKHG9ic29sZXRlX29sZF9zdHlsZV9oaXN0b2dyYW"
    "0YAyABKAxIAFIZb2Jzb2xldGVPbGRTdHlsZUhpc3RvZ3JhbRIWCgVpbWFnZRgEIAEoDEgAUgVpbWFnZRIWCgVoaXN0"
    "bxgFIAEoDEgAUgVoaXN0bxIWCgVhdWRpbxgGIAEoDEgAUgVhdWRpbxIYCgZ0ZW5zb3IYCCABKAxIAFIGdGVuc29yEh"
    "sKCW5vZGVfbmFtZRgHIAEoDFIIbm9kZU5hbWUSGgoIbWV0YWRhdGEYCSABKAxSCG1ldGFkYXRhQgcKBXZhbHVlIk0K"
    "ClNlc3Npb25Mb2cSFgoGc3RhdHVzGAEgASgFUgZzdGF0dXMSJwoPY2hlY2twb2ludF9wYXRoGAIgASgMUg5jaGVja3"
    "BvaW50UGF0aCJIChFUYWdnZWRSdW5NZXRhZGF0YRIQCgN0YWcYASABKAxSA3RhZxIhCgxydW5fbWV0YWRhdGEYAiAB"
    "KAxSC3J1bk1ldGFkYXRhIigKDlNvdXJjZU1ldGFkYXRhEhYKBndyaXRlchgBIAEoDFIGd3JpdGVyIqEBCg9TdW1tYX"
    "J5TWV0YWRhdGESOgoLcGx1Z2luX2RhdGEYASABKAsyGS50YnJlcG9ydC53aXJlLlBsdWdpbkRhdGFSCnBsdWdpbkRh"
    "dGESIQoMZGlzcGxheV9uYW1lGAIgASgMUgtkaXNwbGF5TmFtZRIvChNzdW1tYXJ5X2Rlc2NyaXB0aW9uGAMgASgMUh"
    "JzdW1tYXJ5RGVzY3JpcHRpb24iRwoKUGx1Z2luRGF0YRIfCgtwbHVnaW5fbmFtZRgBIAEoDFIKcGx1Z2luTmFtZRIY"
    "Cgdjb250ZW50GAIgASgMUgdjb250ZW50ImcKBUltYWdlEhYKBmhlaWdodBgBIAEoBVIGaGVpZ2h0EhQKBXdpZHRoGA"
    "IgASgFUgV3aWR0aBIwChRlbmNvZGVkX2ltYWdlX3N0cmluZxgEIAEoDFISZW5jb2RlZEltYWdlU3RyaW5nIn0KBUF1"
    "ZGlvEh8KC3NhbXBsZV9yYXRlGAEgASgCUgpzYW1wbGVSYXRlEjAKFGVuY29kZWRfYXVkaW9fc3RyaW5nGAQgASgMUh"
    "JlbmNvZGVkQXVkaW9TdHJpbmcSIQoMY29udGVudF90eXBlGAUgASgMUgtjb250ZW50VHlwZSKvAQoJSGlzdG9ncmFt"
    "EhAKA21pbhgBIAEoAVIDbWluEhAKA21heBgCIAEoAVIDbWF4EhAKA251bRgDIAEoAVIDbnVtEhAKA3N1bRgEIAEoAV"
    "IDc3VtEh8KC3N1bV9zcXVhcmVzGAUgASgBUgpzdW1TcXVhcmVzEiEKDGJ1Y2tldF9saW1pdBgGIAEoDFILYnVja2V0"
    "TGltaXQSFgoGYnVja2V0GAcgASgMUgZidWNrZXQiTgoRVW5wYWNrZWRIaXN0b2dyYW0SIQoMYnVja2V0X2xpbWl0GA"
    "YgAygBUgtidWNrZXRMaW1pdBIWCgZidWNrZXQYByADKAFSBmJ1Y2tldCLPAwoGVGVuc29yEhQKBWR0eXBlGAEgASgF"
    "UgVkdHlwZRI9Cgx0ZW5zb3Jfc2hhcGUYAiABKAsyGi50YnJlcG9ydC53aXJlLlRlbnNvclNoYXBlUgt0ZW5zb3JTaG"
    "FwZRIlCg50ZW5zb3JfY29udGVudBgEIAEoDFINdGVuc29yQ29udGVudBIbCglmbG9hdF92YWwYBSADKAJSCGZsb2F0"
    "VmFsEh0KCmRvdWJsZV92YWwYBiADKAFSCWRvdWJsZVZhbBIXCgdpbnRfdmFsGAcgAygFUgZpbnRWYWwSHQoKc3RyaW"
    "5nX3ZhbBgIIAMoDFIJc3RyaW5nVmFsEiEKDHNjb21wbGV4X3ZhbBgJIAMoAlILc2NvbXBsZXhWYWwSGwoJaW50NjRf"
    "dmFsGAogAygDUghpbnQ2NFZhbBIZCghib29sX3ZhbBgLIAMoCFIHYm9vbFZhbBIhCgxkY29tcGxleF92YWwYDCADKA"
    "FSC2Rjb21wbGV4VmFsEhkKCGhhbGZfdmFsGA0gAygFUgdoYWxmVmFsEh0KCnVpbnQzMl92YWwYECADKA1SCXVpbnQz"
    "MlZhbBIdCgp1aW50NjRfdmFsGBEgAygEUgl1aW50NjRWYWwiVgoLVGVuc29yU2hhcGUSJAoDZGltGAIgAygLMhIudG"
    "JyZXBvcnQud2lyZS5EaW1SA2RpbRIhCgx1bmtub3duX3JhbmsYAyABKAhSC3Vua25vd25SYW5rIhkKA0RpbRISCgRz"
    "aXplGAEgASgDUgRzaXplInMKCEdyYXBoRGVmEioKBG5vZGUYASADKAsyFi50YnJlcG9ydC53aXJlLk5vZGVEZWZSBG"
    "5vZGUSOwoHbGlicmFyeRgCIAEoCzIhLnRicmVwb3J0LndpcmUuRnVuY3Rpb25EZWZMaWJyYXJ5UgdsaWJyYXJ5IokB"
    "CgdOb2RlRGVmEhIKBG5hbWUYASABKAxSBG5hbWUSDgoCb3AYAiABKAxSAm9wEhQKBWlucHV0GAMgAygMUgVpbnB1dB"
    "IWCgZkZXZpY2UYBCABKAxSBmRldmljZRIsCgRhdHRyGAUgAygLMhgudGJyZXBvcnQud2lyZS5BdHRyRW50cnlSBGF0"
    "dHIiMwoJQXR0ckVudHJ5EhAKA2tleRgBIAEoDFIDa2V5EhQKBXZhbHVlGAIgASgMUgV2YWx1ZSKXAQoJQXR0clZhbH"
    "VlEiwKBGxpc3QYASABKAsyGC50YnJlcG9ydC53aXJlLkxpc3RWYWx1ZVIEbGlzdBISCgR0eXBlGAYgASgFUgR0eXBl"
    "EjAKBXNoYXBlGAcgASgLMhoudGJyZXBvcnQud2lyZS5UZW5zb3JTaGFwZVIFc2hhcGUSFgoGdGVuc29yGAggASgMUg"
    "Z0ZW5zb3IiPQoJTGlzdFZhbHVlEjAKBXNoYXBlGAcgAygLMhoudGJyZXBvcnQud2lyZS5UZW5zb3JTaGFwZVIFc2hh"
    "cGUiTAoSRnVuY3Rpb25EZWZMaWJyYXJ5EjYKCGZ1bmN0aW9uGAEgAygLMhoudGJyZXBvcnQud2lyZS5GdW5jdGlvbk"
    "RlZlIIZnVuY3Rpb24idAoLRnVuY3Rpb25EZWYSMgoJc2lnbmF0dXJlGAEgASgLMhQudGJyZXBvcnQud2lyZS5PcERl"
    "ZlIJc2lnbmF0dXJlEjEKCG5vZGVfZGVmGAMgAygLMhYudGJyZXBvcnQud2lyZS5Ob2RlRGVmUgdub2RlRGVmIhsKBU"
    "9wRGVmEhIKBG5hbWUYASABKAxSBG5hbWUiKwoMTWV0YUdyYXBoRGVmEhsKCWdyYXBoX2RlZhgCIAEoDFIIZ3JhcGhE"
    "ZWYimQEKC1J1bk1ldGFkYXRhEkIKEHBhcnRpdGlvbl9ncmFwaHMYAyADKAsyFy50YnJlcG9ydC53aXJlLkdyYXBoRG"
    "VmUg9wYXJ0aXRpb25HcmFwaHMSRgoPZnVuY3Rpb25fZ3JhcGhzGAQgAygLMh0udGJyZXBvcnQud2lyZS5GdW5jdGlv"
    "bkdyYXBoc1IOZnVuY3Rpb25HcmFwaHMiowEKDkZ1bmN0aW9uR3JhcGhzEkIKEHBhcnRpdGlvbl9ncmFwaHMYASADKA"
    "syFy50YnJlcG9ydC53aXJlLkdyYXBoRGVmUg9wYXJ0aXRpb25HcmFwaHMSTQoWcHJlX29wdGltaXphdGlvbl9ncmFw"
    "aBgCIAEoCzIXLnRicmVwb3J0LndpcmUuR3JhcGhEZWZSFHByZU9wdGltaXphdGlvbkdyYXBoIuYBChFIUGFyYW1zUG"
    "x1Z2luRGF0YRI5CgpleHBlcmltZW50GAIgASgLMhkudGJyZXBvcnQud2lyZS5FeHBlcmltZW50UgpleHBlcmltZW50"
    "Ek0KEnNlc3Npb25fc3RhcnRfaW5mbxgDIAEoCzIfLnRicmVwb3J0LndpcmUuU2Vzc2lvblN0YXJ0SW5mb1IQc2Vzc2"
    "lvblN0YXJ0SW5mbxJHChBzZXNzaW9uX2VuZF9pbmZvGAQgASgLMh0udGJyZXBvcnQud2lyZS5TZXNzaW9uRW5kSW5m"
    "b1IOc2Vzc2lvbkVuZEluZm8iSgoKRXhwZXJpbWVudBI8CgxtZXRyaWNfaW5mb3MYBSADKAsyGS50YnJlcG9ydC53aX"
    "JlLk1ldHJpY0luZm9SC21ldHJpY0luZm9zIjsKCk1ldHJpY0luZm8SLQoEbmFtZRgBIAEoCzIZLnRicmVwb3J0Lndp"
    "cmUuTWV0cmljTmFtZVIEbmFtZSI0CgpNZXRyaWNOYW1lEhQKBWdyb3VwGAEgASgMUgVncm91cBIQCgN0YWcYAiABKA"
    "xSA3RhZyKPAQoQU2Vzc2lvblN0YXJ0SW5mbxI0CgdocGFyYW1zGAEgAygLMhoudGJyZXBvcnQud2lyZS5IUGFyYW1F"
    "bnRyeVIHaHBhcmFtcxIdCgpncm91cF9uYW1lGAQgASgMUglncm91cE5hbWUSJgoPc3RhcnRfdGltZV9zZWNzGAUgAS"
    "gBUg1zdGFydFRpbWVTZWNzIlEKC0hQYXJhbUVudHJ5EhAKA2tleRgBIAEoDFIDa2V5EjAKBXZhbHVlGAIgASgLMhou"
    "dGJyZXBvcnQud2lyZS5IUGFyYW1WYWx1ZVIFdmFsdWUigAEKC0hQYXJhbVZhbHVlEiMKDG51bWJlcl92YWx1ZRgCIA"
    "EoAUgAUgtudW1iZXJWYWx1ZRIjCgxzdHJpbmdfdmFsdWUYAyABKAxIAFILc3RyaW5nVmFsdWUSHwoKYm9vbF92YWx1"
    "ZRgEIAEoCEgAUglib29sVmFsdWVCBgoEa2luZCJMCg5TZXNzaW9uRW5kSW5mbxIWCgZzdGF0dXMYASABKAVSBnN0YX"
    "R1cxIiCg1lbmRfdGltZV9zZWNzGAIgASgBUgtlbmRUaW1lU2VjcyI9CgZMYXlvdXQSMwoIY2F0ZWdvcnkYAiADKAsy"
    "Fy50YnJlcG9ydC53aXJlLkNhdGVnb3J5UghjYXRlZ29yeSJkCghDYXRlZ29yeRIUCgV0aXRsZRgBIAEoDFIFdGl0bG"
    "USKgoFY2hhcnQYAiADKAsyFC50YnJlcG9ydC53aXJlLkNoYXJ0UgVjaGFydBIWCgZjbG9zZWQYAyABKAhSBmNsb3Nl"
    "ZCKcAQoFQ2hhcnQSFAoFdGl0bGUYASABKAxSBXRpdGxlEkIKCW11bHRpbGluZRgCIAEoCzIkLnRicmVwb3J0Lndpcm"
    "UuTXVsdGlsaW5lQ2hhcnRDb250ZW50UgltdWx0aWxpbmUSOQoGbWFyZ2luGAMgASgLMiEudGJyZXBvcnQud2lyZS5N"
    "YXJnaW5DaGFydENvbnRlbnRSBm1hcmdpbiIpChVNdWx0aWxpbmVDaGFydENvbnRlbnQSEAoDdGFnGAEgAygMUgN0YW"
    "ciQwoSTWFyZ2luQ2hhcnRDb250ZW50Ei0KBnNlcmllcxgBIAMoCzIVLnRicmVwb3J0LndpcmUuU2VyaWVzUgZzZXJp"
    "ZXMiSgoGU2VyaWVzEhQKBXZhbHVlGAEgASgMUgV2YWx1ZRIUCgVsb3dlchgCIAEoDFIFbG93ZXISFAoFdXBwZXIYAy"
    "ABKAxSBXVwcGVyImgKDk1lc2hQbHVnaW5EYXRhEhIKBG5hbWUYAiABKAxSBG5hbWUSIQoMY29udGVudF90eXBlGAMg"
    "ASgFUgtjb250ZW50VHlwZRIfCgtqc29uX2NvbmZpZxgFIAEoDFIKanNvbkNvbmZpZyJNCgxCdW5kbGVIZWFkZXISHQ"
    "oKbnVtX3NoYXJkcxgBIAEoBVIJbnVtU2hhcmRzEh4KCmVuZGlhbm5lc3MYAiABKAVSCmVuZGlhbm5lc3MizAEKC0J1"
    "bmRsZUVudHJ5EhQKBWR0eXBlGAEgASgFUgVkdHlwZRIwCgVzaGFwZRgCIAEoCzIaLnRicmVwb3J0LndpcmUuVGVuc2"
    "9yU2hhcGVSBXNoYXBlEhkKCHNoYXJkX2lkGAMgASgFUgdzaGFyZElkEhYKBm9mZnNldBgEIAEoA1IGb2Zmc2V0EhIK"
    "BHNpemUYBSABKANSBHNpemUSFgoGY3JjMzJjGAYgASgHUgZjcmMzMmMSFgoGc2xpY2VzGAcgAygMUgZzbGljZXMiPg"
    "oLT2JqZWN0R3JhcGgSLwoFbm9kZXMYASADKAsyGS50YnJlcG9ydC53aXJlLk9iamVjdE5vZGVSBW5vZGVzIkwKCk9i"
    "amVjdE5vZGUSPgoKYXR0cmlidXRlcxgCIAMoCzIeLnRicmVwb3J0LndpcmUuT2JqZWN0QXR0cmlidXRlUgphdHRyaW"
    "J1dGVzImkKD09iamVjdEF0dHJpYnV0ZRISCgRuYW1lGAEgASgMUgRuYW1lEhsKCWZ1bGxfbmFtZRgCIAEoDFIIZnVs"
    "bE5hbWUSJQoOY2hlY2twb2ludF9rZXkYAyABKAxSDWNoZWNrcG9pbnRLZXkiggEKD0NoZWNrcG9pbnRTdGF0ZRIyCh"
    "Vtb2RlbF9jaGVja3BvaW50X3BhdGgYASABKAxSE21vZGVsQ2hlY2twb2ludFBhdGgSOwoaYWxsX21vZGVsX2NoZWNr"
    "cG9pbnRfcGF0aHMYAiADKAxSF2FsbE1vZGVsQ2hlY2twb2ludFBhdGhzIoMBCg9Qcm9qZWN0b3JDb25maWcSMgoVbW"
    "9kZWxfY2hlY2twb2ludF9wYXRoGAEgASgMUhNtb2RlbENoZWNrcG9pbnRQYXRoEjwKCmVtYmVkZGluZ3MYAiADKAsy"
    "HC50YnJlcG9ydC53aXJlLkVtYmVkZGluZ0luZm9SCmVtYmVkZGluZ3Mi9wEKDUVtYmVkZGluZ0luZm8SHwoLdGVuc2"
    "9yX25hbWUYASABKAxSCnRlbnNvck5hbWUSIwoNbWV0YWRhdGFfcGF0aBgCIAEoDFIMbWV0YWRhdGFQYXRoEiUKDmJv"
    "b2ttYXJrc19wYXRoGAMgASgMUg1ib29rbWFya3NQYXRoEiEKDHRlbnNvcl9zaGFwZRgEIAMoDVILdGVuc29yU2hhcG"
    "USNQoGc3ByaXRlGAUgASgLMh0udGJyZXBvcnQud2lyZS5TcHJpdGVNZXRhZGF0YVIGc3ByaXRlEh8KC3RlbnNvcl9w"
    "YXRoGAYgASgMUgp0ZW5zb3JQYXRoIlkKDlNwcml0ZU1ldGFkYXRhEh0KCmltYWdlX3BhdGgYASABKAxSCWltYWdlUG"
    "F0aBIoChBzaW5nbGVfaW1hZ2VfZGltGAIgAygNUg5zaW5nbGVJbWFnZURpbWIGcHJvdG8z"
)

_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(base64.b64decode(_DESCRIPTOR))


@functools.cache
def message(name: str) -> Any:
    """The class of one message of tbreport.proto; raises KeyError for a name it does not hold."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"tbreport.wire.{name}"))


def compile_descriptor() -> bytes:
    """The serialized descriptor of tbreport.proto as protoc makes it now (needs grpcio-tools)."""
    import tempfile
    from pathlib import Path

    from google.protobuf import descriptor_pb2
    from grpc_tools import protoc  # type: ignore[import-untyped]

    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "descriptor")
        if protoc.main(["", f"-I{here}", f"--descriptor_set_out={out}", "tbreport.proto"]):
            raise RuntimeError("protoc failed")
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    return files.file[0].SerializeToString(deterministic=True)


def _rewrite() -> None:
    """Put the descriptor of tbreport.proto into this file."""
    import re
    from pathlib import Path

    text = base64.b64encode(compile_descriptor()).decode()
    lines = "".join(f'    "{text[i : i + 90]}"\n' for i in range(0, len(text), 90))
    source = Path(__file__)
    pattern = re.compile(r"^_DESCRIPTOR = \(\n.*?^\)\n", re.MULTILINE | re.DOTALL)
    source.write_text(pattern.sub(f"_DESCRIPTOR = (\n{lines})\n", source.read_text()))


if __name__ == "__main__":
    _rewrite()
