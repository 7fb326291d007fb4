/** Stand-in: FreeRTOS as ESP-IDF has it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
typedef struct { uint32_t owner, count; } portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED { 0, 0 }
#define portMAX_DELAY UINT32_MAX
#define pdFALSE 0
#define pdTRUE 1
#define pdPASS 1
void portENTER_CRITICAL(portMUX_TYPE *lock);
void portEXIT_CRITICAL(portMUX_TYPE *lock);
void portENTER_CRITICAL_ISR(portMUX_TYPE *lock);
void portEXIT_CRITICAL_ISR(portMUX_TYPE *lock);
