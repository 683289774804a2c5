#include "workloads/libpq.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "workloads/base/error.hpp"

namespace crossover {

const libpq_functions& libpq() {
  static const libpq_functions all = [] {
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
    libpq_functions found{};
    load(found.PQclear, "PQclear");
    load(found.PQconnectdbParams, "PQconnectdbParams");
    load(found.PQconsumeInput, "PQconsumeInput");
    load(found.PQerrorMessage, "PQerrorMessage");
    load(found.PQexec, "PQexec");
    load(found.PQexecPrepared, "PQexecPrepared");
    load(found.PQfinish, "PQfinish");
    load(found.PQflush, "PQflush");
    load(found.PQgetResult, "PQgetResult");
    load(found.PQgetvalue, "PQgetvalue");
    load(found.PQisBusy, "PQisBusy");
    load(found.PQntuples, "PQntuples");
    load(found.PQping, "PQping");
    load(found.PQprepare, "PQprepare");
    load(found.PQresultErrorField, "PQresultErrorField");
    load(found.PQresultStatus, "PQresultStatus");
    load(found.PQsendQueryPrepared, "PQsendQueryPrepared");
    load(found.PQsetnonblocking, "PQsetnonblocking");
    load(found.PQsocket, "PQsocket");
    load(found.PQstatus, "PQstatus");
    return found;
  }();
  return all;
}

}  // namespace crossover
