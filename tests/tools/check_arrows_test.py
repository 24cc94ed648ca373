"""Tests of tools/check_arrows."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_arrows"
LOADER = importlib.machinery.SourceFileLoader("check_arrows", str(SCRIPT))
arrows = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_arrows", LOADER))
LOADER.exec_module(arrows)


def problems(path, *includes):
    return arrows.check_text(path, "\n".join(f'#include "{name}"' for name in includes))


class CheckArrows(unittest.TestCase):
    def test_lets_arrows_point_down(self):
        self.assertEqual([], problems("model/labels.cc", "model/labels.h", "base/check.h"))
        self.assertEqual([], problems("ingest/scan.cc", "storage/db.h", "model/labels.h", "base/log.h"))
        self.assertEqual([], problems("server/main.cc", "query/engine/engine.h", "ingest/scan.h"))

    def test_refuses_arrows_that_point_up_or_sideways(self):
        for path, included in [("base/log.cc", "model/labels.h"), ("model/labels.h", "storage/db.h"),
                               ("storage/db.cc", "query/engine/engine.h"),
                               ("query/engine/engine.cc", "ingest/scan.h"),
                               ("ingest/scan.cc", "server/http.h")]:
            self.assertEqual(1, len(problems(path, included)), f"{path} -> {included}")

    def test_lets_queries_see_only_the_querier_of_storage(self):
        self.assertEqual([], problems("query/engine/engine.h", "storage/querier.h"))
        self.assertEqual(1, len(problems("query/engine/engine.h", "storage/db.h")))

    def test_keeps_rocksdb_in_its_room(self):
        self.assertEqual([], problems("storage/rocksdb/store.cc", "rocksdb/db.h"))
        self.assertEqual([], problems("storage/db.cc", "storage/rocksdb/store.h"))
        self.assertEqual(1, len(problems("storage/db.cc", "rocksdb/db.h")))
        self.assertEqual(1, len(arrows.check_text("server/main.cc", "#include <rocksdb/db.h>")))

    def test_keeps_grpc_in_its_folder(self):
        self.assertEqual([], problems("server/grpc/rpcs.cc", "grpcpp/server.h"))
        self.assertEqual([], problems("tests/server/grpc/rpcs_test.cc", "grpcpp/server.h"))
        self.assertEqual([], problems("server/serve.cc", "server/grpc/grpc_server.h"))
        for included in ["grpcpp/server.h", "grpc/grpc.h", "proto/tidemark/v1/query.grpc.pb.h"]:
            self.assertEqual(1, len(problems("server/serve.cc", included)), included)

    def test_keeps_internal_headers_in_their_folder(self):
        header = "storage/head/internal/claim.h"
        self.assertEqual([], problems("storage/head/series.cc", header))
        self.assertEqual([], problems("storage/head/internal/claim.cc", header))
        self.assertEqual([], problems("tests/storage/head/claim_test.cc", header))
        self.assertEqual(1, len(problems("storage/db.cc", header)))

    def test_names_the_file_and_the_line(self):
        text = '#include "base/log.h"\n\n  #  include "server/http.h"\n'
        self.assertTrue(problems("base/log.cc", "model/x.h")[0].startswith("base/log.cc:1: model/x.h"))
        self.assertTrue(arrows.check_text("base/log.cc", text)[0].startswith("base/log.cc:3: "))

    def test_ignores_other_libraries_and_comments(self):
        self.assertEqual([], problems("base/log.cc", "absl/status/status.h", "fmt/format.h"))
        self.assertEqual([], arrows.check_text("base/log.cc", '// #include "server/http.h"'))

    def test_finds_headers_that_no_library_lists(self):
        listed = arrows.listed_headers("base/CMakeLists.txt", "HEADERS log.h internal/ring.h")
        self.assertEqual({"base/log.h", "base/internal/ring.h"}, listed)
        self.assertEqual(1, len(arrows.unlisted_headers(["base/log.h", "base/new.h"], listed)))
        self.assertEqual([], arrows.unlisted_headers(["tests/testing/http_client.h"], set()))


if __name__ == "__main__":
    unittest.main()
