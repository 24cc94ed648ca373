// What jemalloc is told before main. MALLOC_CONF in the environment adds to it and wins.
//
// Freed pages go back after a second rather than ten, and by a thread of the allocator rather than
// by whoever frees next: a sweep leaves tens of megabytes, and requests are not to pay for them.

extern "C" const char* malloc_conf;  // read by jemalloc
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
