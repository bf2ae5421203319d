// Child processes of the libuv runtime. Internal to it.
#pragma once
#include "aio/process.h"
#include "aio/uv_runtime.h"
#include "aio/uv_stream.h"

namespace sl::aio {

Task<Result<ProcessEnd>> run_child(UvContext context, UvRuntime& runtime, ProcessCall call);

}  // namespace sl::aio
