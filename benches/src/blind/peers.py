"""Peers at the job of `cargo xtask bench blind`: two sets of 2^LOG2 names of 16 bytes, half of them common.

`peers.py WAY LOG2` prints one line of JSON: processor time of both parties together in ms, what was found, and what
the way does. Both parties run in this process, so its processor time is theirs; reading the package is not counted.
"""

import json
import os
import sys
import threading
import time


def names(first, count):
    return [f"{number:032x}" for number in range(first, first + count)]


def openmined(sets):
    import private_set_intersection.python as psi

    began = time.process_time()
    client = psi.client.CreateWithNewKey(True)
    server = psi.server.CreateWithNewKey(True)
    setup = server.CreateSetupMessage(1e-9, len(sets[0]), sets[1], psi.DataStructure.GCS)
    answer = server.ProcessRequest(client.CreateRequest(sets[0]))
    found = len(client.GetIntersection(setup, answer))
    return time.process_time() - began, found, "one side learns, semi-honest, P-256"


def spu(sets, protocol, curve, about):
    import spu.libspu as libspu
    from spu import psi

    for rank, own in enumerate(sets):
        with open(f"in{rank}.csv", "w") as file:
            file.write("id\n" + "\n".join(own) + "\n")
    parties = libspu.link.Desc()
    for rank in range(2):
        parties.add_party(f"party{rank}", f"thread{rank}")
    found, faults = [0, 0], []

    def party(rank):
        try:
            link = libspu.link.create_mem(parties, rank)
            how = {"protocol": getattr(psi.PsiProtocol, protocol), "receiver_rank": 0, "broadcast_result": True}
            if curve:
                how["ecdh_params"] = psi.EcdhParams(curve=getattr(psi.EllipticCurveType, curve))
            csv = psi.SourceType.SOURCE_TYPE_FILE_CSV
            config = psi.PsiExecuteConfig(
                protocol_conf=psi.PsiProtocolConfig(**how),
                input_params=psi.InputParams(type=csv, path=os.path.abspath(f"in{rank}.csv"), selected_keys=["id"], keys_unique=True),
                output_params=psi.OutputParams(type=csv, path=os.path.abspath(f"out{rank}.csv"), disable_alignment=True),
            )
            found[rank] = psi.psi_execute(config, link).intersection_count
        except Exception as fault:  # the thread's end must not hide it
            faults.append(str(fault).splitlines()[0])

    began = time.process_time()
    threads = [threading.Thread(target=party, args=(rank,)) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = time.process_time() - began
    if faults:
        sys.exit(faults[0])
    return used, found[0], about + ", both learn, semi-honest; reads and writes CSV"


WAYS = {
    "openmined": openmined,
    "spu-ecdh": lambda sets: spu(sets, "PROTOCOL_ECDH", "CURVE_25519", "X25519, 8 at a time by AVX-512 IFMA where it is"),
    "spu-ecdh-elligator2": lambda sets: spu(sets, "PROTOCOL_ECDH", "CURVE_25519_ELLIGATOR2", "X25519 with Elligator 2"),
    "spu-rr22": lambda sets: spu(sets, "PROTOCOL_RR22", None, "RR22 (OKVS and VOLE)"),
}


def main():
    way, size = sys.argv[1], 1 << int(sys.argv[2])
    used, found, about = WAYS[way]([names(0, size), names(size // 2, size)])
    print(json.dumps({"both_cpu_ms": used * 1e3, "found": found, "about": about}))


main()
