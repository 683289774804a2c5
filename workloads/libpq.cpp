#include "workloads/libpq.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "workloads/base/error.hpp"

namespace crossover {

const libpq_functions& libpq() {
  static const libpq_functions loaded = [] {
    void* const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
      throw error(error_kind::unsupported,
                  fmt::format("cannot load libpq ({}); install libpq5", ::dlerror()));
    const auto load = [library]<typename Function>(Function& into, const char* name) {
      into = reinterpret_cast<Function>(::dlsym(library, name));
      if (into == nullptr)
        throw error(error_kind::unsupported,
                    fmt::format("libpq.so.5 has no {}; install a newer libpq5", name));
    };
    libpq_functions functions{};
    load(functions.PQclear, "PQclear");
    load(functions.PQconnectdbParams, "PQconnectdbParams");
    load(functions.PQconsumeInput, "PQconsumeInput");
    load(functions.PQerrorMessage, "PQerrorMessage");
    load(functions.PQexec, "PQexec");
    load(functions.PQexecPrepared, "PQexecPrepared");
    load(functions.PQfinish, "PQfinish");
    load(functions.PQflush, "PQflush");
    load(functions.PQgetResult, "PQgetResult");
    load(functions.PQgetvalue, "PQgetvalue");
    load(functions.PQisBusy, "PQisBusy");
    load(functions.PQntuples, "PQntuples");
    load(functions.PQping, "PQping");
    load(functions.PQprepare, "PQprepare");
    load(functions.PQresultErrorField, "PQresultErrorField");
    load(functions.PQresultStatus, "PQresultStatus");
    load(functions.PQsendQueryPrepared, "PQsendQueryPrepared");
    load(functions.PQsetnonblocking, "PQsetnonblocking");
    load(functions.PQsocket, "PQsocket");
    load(functions.PQstatus, "PQstatus");
    return functions;
  }();
  return loaded;
}

}  // namespace crossover
